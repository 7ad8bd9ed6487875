"""
Four novels come apart
======================

The 193 chapters of four novels are mixed. `partwise.apps.topics.topics` is given the texts and one number, and finds
four topics: the books. (Seed rows A2, A10, A12, A13.)
"""

# %%
# From a table of texts to topics
# -------------------------------
# One call reads the column, guesses the language, leaves out its stop words, weights the words and factorizes.

import numpy as np
from sklearn.metrics import normalized_mutual_info_score

from partwise import plot
from partwise.apps.topics import TopicModel, topics
from partwise.datasets import load_novels_text

novels = load_novels_text()
novels["name"] = novels.title + ", chapter " + novels.chapter.astype(str)
model = topics(novels, 4, text="text", title="name")
print(*model.notes_, sep="\n")
print(model.get_topic_info(6)[["Topic", "Count", "Share", "Representation"]].to_string(index=False))

# %%
# Are the topics the books? Normalized mutual information is 1 for a perfect match. Plain tf-idf confuses some chapters:
# a name said fifty times in a chapter drowns the rest. The logarithm of the counts, our preset, does not.

nmi = normalized_mutual_info_score(novels.title, model.topics_)
plain = TopicModel(4, sublinear_tf=False).fit(novels.text)
print(f"NMI {nmi:.3f} (seed: 1.000); plain tf-idf {normalized_mutual_info_score(novels.title, plain.topics_):.3f}")
assert round(nmi, 3) == 1

# %%
# A topic is a weight for every word. The heaviest:

plot.top_words(model, n=8)

# %%
# A document is a mixture of topics, and its shares sum to one. Some chapters lean towards another book:

shares = model.topic_shares_
mixed = np.argsort(shares.max(axis=1))[:5]
assert np.allclose(shares.sum(axis=1), 1)
print(model.to_frame().iloc[mixed].round(2).to_string())
plot.document_topics(model, [*mixed, 23])

# %%
# Names given to topics travel to every table and picture.

book_of = novels.title.groupby(model.topics_).agg(lambda titles: titles.mode()[0])
model.set_topic_labels(book_of.to_dict())
print(model.topics_per_class(novels.title).pivot(index="Class", columns="Name", values="Documents").to_string())

# %%
# How good are the topics, and where does a new sentence belong?

print(f"NPMI {model.coherence().mean():.3f}, diversity {model.diversity():.2f}, explained {model.explained_:.1%}")
found = model.get_document_info(["The captain took the Nautilus down into the silent sea."])
print(found.to_string(index=False))
assert found.Name[0].startswith("Twenty Thousand")
