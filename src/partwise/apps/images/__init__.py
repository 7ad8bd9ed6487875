"""Parts of pictures: from a folder, a stack or an array to parts that are pictures, and to recipes for every picture.

`parts` fits and returns `Parts`, which undoes every flattening: whatever goes in or comes out is (height, width).
`compare` sets PCA and vector quantization beside it, `grow` rebuilds pictures from more and more parts. Reading
files is the business of `partwise.io`, drawing that of `partwise.plot`.
"""

from .compare import Comparison, compare, grow
from .flatten import decode, encode, tiled
from .measures import hoyer
from .parts import BuildUp, Parts, check_collection, parts

__all__ = [
    "BuildUp",
    "Comparison",
    "Parts",
    "check_collection",
    "compare",
    "decode",
    "encode",
    "grow",
    "hoyer",
    "parts",
    "tiled",
]
