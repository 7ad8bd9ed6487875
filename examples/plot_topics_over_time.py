"""
What presidents talk about
==========================

The State of the Union addresses since 1900, in 6,474 pieces of six sentences: eight topics, and how they come and go.
(Seed rows A10, A12.)
"""

# %%
# Eight topics
# ------------

from sklearn.decomposition import NMF as SklearnNMF

from partwise import plot
from partwise.apps.topics import TopicModel
from partwise.datasets import load_sotu_text

addresses = load_sotu_text()
model = TopicModel(8, min_df=5).fit(addresses.text)
info = model.get_topic_info(8)
for topic in info.itertuples():
    print(f"{topic.Topic}  {topic.Share:5.1%}  {', '.join(topic.Representation)}")

# %%
# Do their words go together? NPMI counts how often the ten top words of a topic meet in one piece. The same for
# scikit-learn's NMF on the same matrix:

theirs = TopicModel(model=SklearnNMF(8, random_state=0, max_iter=1000), min_df=5).fit(addresses.text)
ours, other = model.coherence("npmi").mean(), theirs.coherence("npmi").mean()
print(f"NPMI {ours:.4f}, scikit-learn's NMF {other:.4f} (to reach: no more than .005 below)")
assert ours >= other - 0.005
print(f"C_v {model.coherence('c_v').mean():.3f}, UMass {model.coherence('u_mass').mean():.2f}")

# %%
# Over time
# ---------
# The share of each topic in every fifth year, and the year when it was largest.

table = model.topics_over_time(addresses.year, every=5)
plot.topics_over_time(table)
for row in table.loc[table.groupby("Topic").Share.idxmax()].itertuples():
    print(f"{row.Name}: {row.Share:.0%} from {row.Timestamp}")

# %%
# Which topics speak of health, and which president did most?

(topic, *_), (cosine, *_) = model.find_topics("health care")
by_president = model.topics_per_class(addresses.president)
of_health = by_president[by_president.Topic == topic].nlargest(3, "Share")
print(f"topic {topic} (cosine {cosine:.2f}):", ", ".join(f"{r.Class} {r.Share:.0%}" for r in of_health.itertuples()))

# %%
# Two topics that tell one story can be made one; the sums of the model over rows and columns stay as they were.

plot.topic_similarity(model)
before = model.components_.shape[0]
model.merge_topics(model.find_topics("budget tax")[0][:2])
print(f"{before} topics became {len(model.components_)}: {'; '.join(model.topic_labels_)}")
