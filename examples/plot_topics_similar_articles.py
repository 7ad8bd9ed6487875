"""
Similar articles
================

A newspaper wants to show its readers more of the same. Articles on one subject have the same mixture of topics,
whatever their words; so factorize, and compare angles. (Seed rows A11, A12, A19 to A24.)
"""

# %%
# 20,000 articles with known topics
# ---------------------------------
# Ten topics over 800 words are planted, and each article is a mixture of few of them.

from time import perf_counter

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.preprocessing import normalize

from partwise import NMF, plot
from partwise.apps.topics import TopicModel, similar

g = np.random.default_rng(0)
B = g.dirichlet(np.full(800, 0.05), 10)
P = g.dirichlet(np.full(10, 0.1), 20000)
C = g.multinomial(g.poisson(60, 20000) + 5, P @ B / (P @ B).sum(1, keepdims=True))
tfidf = TfidfTransformer().fit(sp.csr_matrix(C, dtype=float))
X = tfidf.transform(sp.csr_matrix(C, dtype=float))

began = perf_counter()
nmf = NMF(n_components=10)
W = nmf.fit_transform(X)
seconds = perf_counter() - began
relative = nmf.reconstruction_err_ / sp.linalg.norm(X)
print(nmf.components_.shape, f"relative error {relative:.6f} (seed: .758694) in {seconds:.1f} s (seed: 1.3 s)")
assert relative <= 0.7586945

# %%
# The planted topics (weighted by rarity, as the articles are) and the ones found:

planted = normalize(B * tfidf.idf_)
found = normalize(nmf.components_)[(planted @ normalize(nmf.components_).T).argmax(axis=1)]
cosines = np.sum(planted * found, axis=1)
top, top_found = (np.argsort(-rows, axis=1)[:, :10] for rows in (planted, found))
hits = np.mean([np.isin(a, b).mean() for a, b in zip(top, top_found, strict=True)])
print(f"lowest cosine {cosines.min():.4f} (seed: .9995); top-10 words found {hits:.0%} (seed: 97 %)")
assert round(cosines.min(), 4) >= 0.9995

# %%
# The recipe, by hand and in one call
# -----------------------------------

titles = [f"article {i}" for i in range(len(W))]
norm_features = normalize(W)
df = pd.DataFrame(norm_features, index=titles)
current_article = df.loc["article 23"]
by_hand = df.dot(current_article).nlargest()

in_one_call = similar(W, "article 23", names=titles)
print(in_one_call.to_string())
assert in_one_call.index.equals(by_hand.index) and np.allclose(in_one_call, by_hand, rtol=0, atol=1e-12)

# %%
# Are the neighbours on the same subject? The mean cosine of the planted mixtures of 500 articles and their five nearest
# (random pairs: .20):

unit = normalize(P)
picked = np.random.default_rng(0).choice(20000, 500, replace=False)


def neighbourhood(features):
    """Mean planted cosine of the picked articles and their five nearest."""
    angles = normalize(features)
    cosines = angles[picked] @ angles.T  # what `similar` gives for one, for all of them
    cosines[np.arange(500), picked] = -1
    near = np.argpartition(-cosines, 5, axis=1)[:, :5]
    return np.mean([(unit[j] @ unit[i]).mean() for i, j in zip(picked, near, strict=True)])


of_ten = neighbourhood(W)
print(f"10 topics: {of_ten:.3f} (seed: .968 for other 500 articles; scikit-learn for these: .962)")
assert of_ten >= 0.962

# %%
# Six topics are too few for ten subjects, and which of them share a topic is decided by the minimum that the fit finds.
# A smaller error does not promise better neighbours: the seed's .799, of other 500 articles, belongs to a minimum of
# relative error .839838, where scikit-learn's neighbours of these 500 have .798. Multiplicative updates from a random
# start end there too, while our default start finds a minimum of .839478, and others one of .839133.

for start in ({}, {"solver": "mu", "init": "random", "random_state": 0, "max_iter": 1000, "tol": 1e-5}):
    six = NMF(6, **start)
    of_six = neighbourhood(six.fit_transform(X))
    print(f"6 topics: {of_six:.3f} at relative error {six.reconstruction_err_ / sp.linalg.norm(X):.6f} (seed: .799)")
assert of_six >= 0.795  # .797 or .798: the last digits depend on the processor

# %%
# Weak versions
# -------------
# Sixty meaningless words are added to each of 500 articles. Their raw cosine falls; the angle of their topics, in the
# minimum of the seed, stays.

weak = C[:500] + g.multinomial(60, np.full(800, 1 / 800), 500)
V = tfidf.transform(sp.csr_matrix(weak, dtype=float))
strong_topics, weak_topics = six.transform(X[:500]), six.transform(V)
by_topics = np.sum(normalize(strong_topics) * normalize(weak_topics), axis=1)
by_words = np.asarray(X[:500].multiply(V).sum(axis=1)).ravel()
ratio = np.median(np.linalg.norm(weak_topics, axis=1) / np.linalg.norm(strong_topics, axis=1))
print(
    f"cosine of topics, median {np.median(by_topics):.3f} (seed: .987); of words {np.median(by_words):.3f} (seed: .642)"
)
print(f"length {ratio:.2f} (seed: .73)")
assert round(np.median(by_topics), 3) >= 0.987

# %%
# From texts
# ----------
# `TopicModel` does all of it from raw texts, and looks articles up by title.

texts = {
    "Dog bites man": "Attack by a terrible dog leaves a man bitten and paralyzed in the street.",
    "Hound mauls cat": "A hound, a dog of the hunt, bites a cat in the street. Attack of the dog.",
    "Pets go wild!": "Every dog and cat bites when a street is loud; pets attack.",
    "Taxes rise": "Parliament raises taxes to close the budget; the budget vote was close.",
    "Budget passed": "The vote on the budget: parliament lowers taxes for the poor.",
    "Vote postponed": "No vote on taxes; parliament is tired of the budget.",
}
articles = TopicModel(2, lang="en").fit(list(texts.values()), names=list(texts))
print(articles.similar_documents("Dog bites man").to_string())
assert set(articles.similar_documents("Dog bites man", 3).index) == set(list(texts)[:3])

# %%
# What each article is made of:

plot.document_topics(articles, range(len(texts)))
