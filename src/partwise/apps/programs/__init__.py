"""Programs of genes in single cells, and signatures of mutations: counts in, parts that biologists name out.

`programs` takes counts of genes in cells; `signatures` and `refit` take catalogues of mutations over 96 channels.
Counts are Poisson, so the loss is that of Kullback and Leibler; any estimator with ``fit_transform`` and
``components_`` can be handed in.
"""

from .catalogue import Catalogue, as_catalogue, as_reference
from .exposure import Signatures
from .expression import programs
from .mutations import refit, signatures
from .usage import Programs

__all__ = ["Catalogue", "Programs", "Signatures", "as_catalogue", "as_reference", "programs", "refit", "signatures"]
