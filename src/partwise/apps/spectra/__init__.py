"""Spectra that are mixed: from a table or an image of spectra to the pure ones, and how much of each is where.

`unmix` takes mixtures in rows, channels in columns, or a cube (height, width, channels), and returns `Unmixing`.
"""

from .learning import adopt, new_model, unmix
from .scene import Scene, as_scene
from .unmixing import Unmixing, spectral_angles

__all__ = ["Scene", "Unmixing", "adopt", "as_scene", "new_model", "spectral_angles", "unmix"]
