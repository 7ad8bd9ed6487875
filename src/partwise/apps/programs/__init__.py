"""Programs of genes in single cells, and signatures of mutations: counts in, parts that biologists name out.

`signatures` and `refit` take catalogues of mutations over 96 channels. Counts are Poisson, so the loss is that of
Kullback and Leibler; any estimator with ``fit_transform`` and ``components_`` can be handed in.
"""

from .catalogue import Catalogue, as_catalogue, as_reference
from .signatures import Signatures, refit, signatures

__all__ = ["Catalogue", "Signatures", "as_catalogue", "as_reference", "refit", "signatures"]
