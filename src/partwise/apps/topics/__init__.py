"""Topics: raw texts in, readable topics out.

`topics` goes from a file, a folder, a table or a list to a fitted `TopicModel`. The room knows words and documents; how
a matrix is factorized it leaves to any estimator with ``fit``, ``transform`` and ``components_``.
"""

from partwise.apps.topics.measures import coherence, diversity
from partwise.apps.topics.texts import Documents, clean, documents

__all__ = ["Documents", "clean", "coherence", "diversity", "documents"]
