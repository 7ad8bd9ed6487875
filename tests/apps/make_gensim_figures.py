"""Write gensim_figures.json: what gensim's CoherenceModel says about planted texts. Run once, with gensim 4.4.0:

    python tests/apps/make_gensim_figures.py

gensim is no dependency of the tests: its wheels lag behind Python's versions.
"""

import json
from pathlib import Path

import numpy as np

GENSIM = "4.4.0"
FIGURES = Path(__file__).with_name("gensim_figures.json")
MEASURES = {  # ours -> gensim's name and window
    "u_mass": ("u_mass", None),
    "c_npmi": ("c_npmi", None),
    "c_uci": ("c_uci", None),
    "c_v": ("c_v", None),
    "npmi": ("c_npmi", 10**6),
}


def planted(seed=0, n_texts=150):
    """Texts of 0 to 300 words from five topics over 60 words, and the ten likeliest words of each topic."""
    rng = np.random.default_rng(seed)
    words = np.array([f"w{i}" for i in range(60)])
    likely = rng.dirichlet(np.full(60, 0.3), 5)
    texts = [rng.choice(words, rng.integers(0, 300), p=likely[rng.integers(5)]).tolist() for _ in range(n_texts)]
    return texts, [words[np.argsort(-p, kind="stable")[:10]].tolist() for p in likely]


def main():
    import gensim
    from gensim.corpora import Dictionary
    from gensim.models import CoherenceModel

    assert gensim.__version__ == GENSIM
    texts, topics = planted()
    dictionary = Dictionary(texts)
    corpus = [dictionary.doc2bow(text) for text in texts]
    figures = {}
    for ours, (name, window) in MEASURES.items():
        model = CoherenceModel(
            topics=topics,
            texts=texts,
            corpus=corpus,
            dictionary=dictionary,
            coherence=name,
            window_size=window,
            topn=10,
            processes=1,
        )
        figures[ours] = [float(value) for value in model.get_coherence_per_topic()]
    FIGURES.write_text(json.dumps({"gensim": GENSIM, "figures": figures}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
