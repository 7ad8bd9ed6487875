"""`TopicModel`: the seed's figures, its laws, and its files."""

import copy
import pickle
import re
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import NMF as SklearnNMF
from sklearn.decomposition import LatentDirichletAllocation, TruncatedSVD
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.metrics import normalized_mutual_info_score
from sklearn.preprocessing import normalize

import partwise
from partwise.apps.topics import TopicModel, similar, topics
from partwise.apps.topics.words import WORD, stop_words
from partwise.datasets import load_novels_text, load_sotu_text
from partwise.errors import DataError, ModelFileError

ANIMALS = ["dogs chase cats", "cats fear dogs and barking", "a dog barked at the cat", "barking dogs chase the cat"]
MONEY = ["taxes rise with the budget", "the budget cuts taxes", "parliament votes on the budget", "a vote on the taxes"]
TEXTS = [*ANIMALS, *MONEY]
TITLES = [f"animals {i}" for i in range(4)] + [f"money {i}" for i in range(4)]


@pytest.fixture(scope="module")
def novels():
    return load_novels_text()


@pytest.fixture(scope="module")
def book_model(novels):
    titles = [f"{title}, {chapter}" for title, chapter in zip(novels.title, novels.chapter, strict=True)]
    return TopicModel(4).fit(novels.text, names=titles)


@pytest.fixture(scope="module")
def addresses():
    return load_sotu_text()


@pytest.fixture(scope="module")
def address_model(addresses):
    return TopicModel(8, min_df=5).fit(addresses.text)


@pytest.fixture
def small():
    return TopicModel(2, lang="en").fit(TEXTS, names=TITLES)


# Four novels


def test_the_topics_of_four_novels_are_the_novels(novels, book_model):
    assert normalized_mutual_info_score(novels.title, book_model.topics_) == pytest.approx(1, abs=1e-12)
    assert book_model.lang_ == "en"


def test_plain_counts_of_words_would_not_tell_the_novels_apart(novels):
    plain = TopicModel(4, sublinear_tf=False).fit(novels.text)
    assert normalized_mutual_info_score(novels.title, plain.topics_) < 0.9


# State of the Union


def test_the_topics_of_the_addresses_go_together_as_well_as_scikit_learns(addresses, address_model):
    theirs = SklearnNMF(8, random_state=0, max_iter=1000)
    W = theirs.fit_transform(address_model._X)
    other = TopicModel(model=theirs, min_df=5, lang="en")
    other.prepare(addresses.text)
    other.model_ = theirs
    assert address_model.coherence("npmi").mean() >= other.adopt(W).coherence("npmi").mean() - 0.005


def test_the_topics_of_the_addresses_can_be_read(address_model):
    wanted = {"soviet", "health", "tax", "budget", "god"}
    found = {word for topic in range(8) for word, _ in address_model.get_topic(topic, 10)}
    assert wanted <= found
    assert address_model.diversity() >= 0.8


def test_health_is_an_american_topic_of_the_nineties_and_not_of_1910(addresses, address_model):
    (health, *_), _ = address_model.find_topics("health insurance")
    table = address_model.topics_over_time(addresses.year, every=10)
    share = table[table.Topic == health].set_index("Timestamp").Share
    assert share[1990] > 3 * share[1910]


# Similar documents


def test_similar_documents_are_those_of_the_recipe_written_by_hand(book_model):
    nmf_features = book_model.document_topics_
    titles = book_model.document_names_
    norm_features = normalize(nmf_features)
    df = pd.DataFrame(norm_features, index=titles)
    current_article = df.loc[titles[23]]
    similarities = df.dot(current_article)
    expected = similarities.nlargest()
    for item in (23, titles[23]):
        found = book_model.similar_documents(item)
        assert found.index.tolist() == expected.index.tolist()
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
    assert found.index[0] == titles[23]
    assert found.iloc[0] == pytest.approx(1, abs=1e-15)


def test_the_features_are_those_of_the_estimator_on_the_same_matrix(novels, book_model):
    stop, _ = stop_words("en")
    vectorizer = TfidfVectorizer(
        tokenizer=WORD.findall, token_pattern=None, stop_words=sorted(stop), sublinear_tf=True, min_df=3, max_df=0.5
    )
    model = partwise.NMF(4, random_state=0, max_iter=1000)
    W = model.fit_transform(vectorizer.fit_transform(novels.text))
    np.testing.assert_array_equal(book_model.terms_, vectorizer.get_feature_names_out())
    np.testing.assert_array_equal(book_model.document_topics_, W)
    np.testing.assert_array_equal(book_model.components_, model.components_)


def test_similarity_is_symmetric_within_0_and_1_and_0_for_a_row_of_zeros():
    W = np.vstack([np.random.default_rng(0).random((20, 3)), np.zeros(3)])
    table = np.array([similar(W, i, None).sort_index() for i in range(21)])
    np.testing.assert_allclose(table, table.T, rtol=0, atol=1e-15)
    assert table.min() >= 0 and table.max() <= 1 + 1e-15
    assert (table[20] == 0).all()


def test_a_table_with_titles_as_its_index_is_looked_up_by_title():
    W = pd.DataFrame([[1.0, 0.1], [2.0, 0.3], [0.0, 1.0]], index=["Dog bites man", "Hound mauls cat", "Taxes rise"])
    assert similar(W, "Hound mauls cat", 2).index.tolist() == ["Hound mauls cat", "Dog bites man"]
    for item, said in (("Dog bits man", "Did you mean 'Dog bites man'"), (3, "no document 3; there are 3")):
        with pytest.raises(DataError, match=re.escape(said)):
            similar(W, item)
    with pytest.raises(DataError, match="2 documents are named 'a'"):
        similar(W, "a", names=["a", "a", "b"])


def test_a_weak_version_of_an_article_is_found_by_its_angle(small):
    strong = "dogs chase cats barking"
    weak = f"you may have heard {strong} perhaps on television yesterday evening"
    features = small.transform([strong, weak, strong + " " + strong])
    unit = normalize(features)
    assert unit[0] @ unit[1] == pytest.approx(1, abs=1e-9)
    assert small.similar_documents(text=weak, n=1).index[0].startswith("animals")


# Documents and topics


def test_shares_of_a_document_sum_to_one_and_name_its_topic(small):
    np.testing.assert_allclose(small.topic_shares_.sum(axis=1), 1)
    info = small.get_document_info()
    assert info.Document.tolist() == TITLES
    assert len(set(info.Topic[:4])) == len(set(info.Topic[4:])) == 1
    np.testing.assert_allclose(info.Share, small.topic_shares_.max(axis=1))
    assert small.to_frame().loc["money 0"].idxmax() == info.Name[4]


def test_the_table_of_topics_counts_every_document_once(small):
    info = small.get_topic_info()
    assert info.Count.sum() == 8
    assert info.Share.sum() == pytest.approx(1)
    assert info.Representation[0] == [word for word, _ in small.get_topic(0)]
    weights = [weight for _, weight in small.get_topic(0)]
    assert weights == sorted(weights, reverse=True)
    assert small.get_topics() == {0: small.get_topic(0), 1: small.get_topic(1)}


def test_new_texts_get_the_weights_they_had_in_the_fit(small):
    np.testing.assert_allclose(small.transform(TEXTS), small.document_topics_, rtol=1e-4, atol=1e-7)


def test_the_vectoriser_is_made_once_for_a_fit_and_stays_out_of_copies():
    model = TopicModel(2, lang="en").fit(TEXTS)
    first = model.vectorizer_
    assert model.vectorizer_ is first
    assert "_vectorizer" not in vars(pickle.loads(pickle.dumps(model)))
    np.testing.assert_array_equal(copy.deepcopy(model).transform(TEXTS), model.transform(TEXTS))
    assert set(model.fit([*TEXTS, "zebras zebras", "zebras graze"]).vectorizer_.vocabulary) > set(first.vocabulary)


def test_threads_share_a_stemming_vectoriser_and_it_forgets_what_it_read():
    model = TopicModel(2, lang="en", stem=True).fit(TEXTS)
    texts = [f"barking dogs chased {i} governments and cats, voting on budgets" for i in range(64)]
    expected = model.transform(texts)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda text: model.transform([text])[0], texts))
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert set(vars(model.vectorizer_.tokenizer)) == {"stop", "stem"}


def test_topics_are_homogeneous_in_the_text():
    """Row A20: t(c x) = c t(x), so all versions of an article lie on one line through the origin."""
    model = TopicModel(2, lang="en", weights="counts").fit(TEXTS)
    x = model.vectorizer_.transform(["dogs chase the budget"])
    once = model.model_.transform(x)
    for c in (1e-6, 1e6):
        np.testing.assert_allclose(model.model_.transform(c * x), c * once, rtol=1e-9)


def test_topics_are_found_by_words(small):
    (first, *_), (cosine, *_) = small.find_topics("dogs and cats")
    assert first == small.topics_[0] and 0 < cosine <= 1
    with pytest.raises(DataError, match="knows no word of 'quark'"):
        small.find_topics("quark")


def test_representative_documents_fall_in_weight_and_occur_once():
    model = TopicModel(2, lang="en").fit([*TEXTS, TEXTS[0], ""])
    for topic in range(2):
        found = model.representative_documents(topic, 10)
        assert not found.duplicated().any()
        weights = model.document_topics_[found.index.astype(int), topic]
        assert (np.diff(weights) <= 0).all() and (weights > 0).all()


def test_labels_travel_to_every_table(small):
    small.set_topic_labels({0: "first"}).set_topic_labels({1: "second"})
    assert small.get_topic_info().Name.tolist() == ["first", "second"]
    assert set(small.get_document_info().Name) == {"first", "second"}
    assert small.to_frame().columns.tolist() == ["first", "second"]
    assert set(small.topics_per_class(list("aaaabbbb")).Name) == {"first", "second"}
    assert small.set_topic_labels(["x", "y"]).topic_labels_ == ["x", "y"]
    with pytest.raises(DataError, match="3 labels for 2 topics"):
        small.set_topic_labels(["x", "y", "z"])
    with pytest.raises(DataError, match="no topic 2; there are 2"):
        small.set_topic_labels({2: "z"})


# Merging


def test_merging_keeps_the_row_and_column_sums_of_the_model(novels):
    model = TopicModel(6).fit(novels.text[::4])
    before = model.document_topics_ @ model.components_
    model.merge_topics([[5, 1], [2, 3]])
    after = model.document_topics_ @ model.components_
    assert model.components_.shape[0] == 4
    np.testing.assert_allclose(after.sum(axis=0), before.sum(axis=0), rtol=1e-9)
    np.testing.assert_allclose(after.sum(axis=1), before.sum(axis=1), rtol=1e-9)
    assert (np.diff(model.get_topic_info().Share) <= 1e-12).all()


def test_new_texts_have_the_merged_topics(small):
    model = TopicModel(3, lang="en").fit(TEXTS).set_topic_labels({2: "kept"})
    model.merge_topics([2, 0])
    np.testing.assert_allclose(model.transform(TEXTS), model.document_topics_, rtol=1e-3, atol=1e-6)
    assert "kept" in model.topic_labels_
    assert model.transform(TEXTS).shape == (8, 2)
    np.testing.assert_allclose(model.topic_shares_.sum(axis=1), 1)


@pytest.mark.parametrize("wrong", [[0], [[0, 1], [1, 2]], [[0, 0]], []])
def test_merging_wants_different_topics_each_once(wrong):
    model = TopicModel(3, lang="en").fit(TEXTS)
    with pytest.raises(DataError, match="Name two or more topics, each once"):
        model.merge_topics(wrong)


# Time and classes


def test_shares_sum_to_one_in_every_period_and_documents_to_its_size(small):
    years = [1990, 1991, 1999, 2000, 2001, 2002, 2003, 2020]
    table = small.topics_over_time(years, every=10)
    assert table.groupby("Timestamp").Share.sum().to_numpy() == pytest.approx(1)
    assert table.groupby("Timestamp").Documents.sum().to_dict() == {1990: 3, 2000: 4, 2020: 1}


def test_dates_are_read_and_empty_ones_left_out(small):
    days = ["2021-01-05", "2021-01-31", "2021-02-01", "", None, "2021-03-09T10:00:00Z", "2021-03-01", "2021-03-31"]
    table = small.topics_over_time(days, every="M")
    assert table.groupby("Timestamp").Documents.sum().tolist() == [2, 1, 3]
    assert len(small.topics_over_time(days)) == 2 * 6  # days, of which there are fewer than thirty


@pytest.mark.parametrize(
    "stamps, every, said",
    [
        (["soon"] * 8, None, "Row 0 has the time 'soon'"),
        ([1999] * 8, "M", "the timestamps are numbers"),
        (["2021-01-01"] * 8, "X", "no length of periods"),
        ([1999] * 8, 0, "must be above 0"),
        ([1999] * 7, None, "7 labels (Timestamp) for 8 documents"),
    ],
)
def test_times_that_cannot_be_read_are_named(small, stamps, every, said):
    with pytest.raises(DataError, match=re.escape(said)):
        small.topics_over_time(stamps, every)


def test_classes_have_the_mean_shares_of_their_documents(small):
    table = small.topics_per_class(["a"] * 4 + ["b"] * 4)
    expected = small.topic_shares_[:4].mean(axis=0)
    np.testing.assert_allclose(table[table.Class == "a"].Share, expected)


# Cleaning and words


def test_empty_and_double_documents_are_told_and_keep_their_rows():
    model = TopicModel(2, lang="en").fit([*TEXTS, TEXTS[0], "  ", "xyz", None])
    told = {name: count for name, count in model.report_.items() if name != "terms"}
    assert told == {"documents": 12, "empty": 2, "duplicates": 1, "short": 1, "broken": 0, "wordless": 0}
    assert model.topics_[9] == model.topics_[11] == -1 != model.topics_[8] == model.topics_[0]
    plain = TopicModel(2, lang="en").fit([*TEXTS, "xyz"])
    np.testing.assert_array_equal(model.document_topics_[:8], plain.document_topics_[:8])
    assert "2 documents are empty" in model.info() and "1 documents repeat another" in model.info()
    assert model.get_document_info().Name[9] == ""


def test_text_that_was_read_in_a_wrong_encoding_is_noticed():
    model = TopicModel(2, lang="en").fit([*TEXTS, "un caf\ufffd noir", "cafÃ© cats"])
    assert model.report_["broken"] == 2


def test_the_language_is_guessed_and_said():
    german = ["Der Hund ist in dem Garten und schläft", "Die Katze war auf dem Baum", "Ein Haus mit dem Garten am See"]
    model = TopicModel(1).fit(german)
    assert model.lang_ == "de" and "Language de, guessed" in " ".join(model.notes_)
    assert "der" not in model.terms_ and "garten" in model.terms_
    silent = TopicModel(1).fit(["kernel module driver", "module driver patch", "kernel patch"])
    assert silent.lang_ == "none" and "No language recognised" in " ".join(silent.notes_)


def test_without_the_extra_english_words_of_scikit_learn_are_left_out_and_said(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "stopwordsiso", None)
    model = TopicModel(2, lang="en").fit(TEXTS)
    assert "scikit-learn's 318 English stop words" in model.info()
    assert "the" not in model.terms_
    with pytest.raises(partwise.errors.MissingExtraError, match=r"partwise\[text\]"):
        TopicModel(2, lang="de").fit(TEXTS)
    monkeypatch.setitem(sys.modules, "snowballstemmer", None)
    with pytest.raises(partwise.errors.MissingExtraError, match=r"Stemming needs the text extra"):
        TopicModel(2, lang="en", stem=True).fit(TEXTS)


def test_stems_count_as_one_word_that_is_shown_by_its_commonest_form():
    model = TopicModel(2, lang="en", stem=True).fit(TEXTS)
    assert {"dog", "cat", "tax"} <= set(model.vocabulary_)
    assert {"dogs", "budget"} <= set(model.terms_)
    assert "dog" not in model.terms_
    np.testing.assert_array_equal(model.transform(["dogs"]), model.transform(["dog"]))


def test_runs_of_words_and_own_stop_words_are_possible():
    model = TopicModel(2, lang="en", ngram_range=(1, 2)).fit(TEXTS)
    assert "chase cats" in model.terms_
    assert "dogs" not in TopicModel(2, stop_words=["dogs"], lang="none").fit(TEXTS).terms_


MISTAKES = {
    "one document": (["dogs bark"], {}, "at least two different documents"),
    "one document twice": (["dogs bark", "dogs bark"], {}, "at least two different documents"),
    "numbers": ([1.5, 2.5], {}, "Document 0 is a float, not text"),
    "another weight": (TEXTS, {"weights": "tf"}, "weights='tf' is unknown. Use tfidf or counts"),
    "an unknown language": (TEXTS, {"lang": "xx"}, "lang='xx' is unknown. Known: af, ar"),
    "no stemmer": (TEXTS, {"lang": "ja", "stem": True}, "no stemmer for lang='ja'"),
    "rare words": (TEXTS, {"min_df": 5}, "min_df=5 keeps no word. Most common word occurs in 3 documents; try"),
    "no words": (["the", "and the", "12 34"], {"lang": "en"}, "no word of two or more letters remains after the stop"),
    "names": (TEXTS, {"names": ["a"]}, "1 names for 8 documents"),
    "no size": (TEXTS, {"n_components": None}, "n_components is missing"),
    "signs": (TEXTS, {"model": TruncatedSVD(2)}, "TruncatedSVD gave negative weights"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_with_the_way_out(mistake):
    texts, settings, said = MISTAKES[mistake]
    settings = {"n_components": 2, "lang": "en", **settings}
    names = settings.pop("names", None)
    with pytest.raises(DataError, match=re.escape(said)):
        TopicModel(**settings).fit(texts, names=names)


# Other estimators


class Bare:
    """The least that a factorization has to offer."""

    def __init__(self, k=2):
        self.k = k

    def get_params(self, deep=True):
        return {"k": self.k}

    def set_params(self, n_components):
        self.k = n_components
        return self

    def fit(self, X):
        self.inner = SklearnNMF(self.k).fit(X)
        self.components_ = self.inner.components_
        return self

    def transform(self, X):
        return self.inner.transform(X)


@pytest.mark.parametrize(
    "model",
    [
        SklearnNMF(2),
        LatentDirichletAllocation(2, random_state=0),
        partwise.MiniBatchNMF(2, random_state=0),
        partwise.NMF(2, beta_loss="kullback-leibler"),
        Bare(),
    ],
    ids=lambda model: type(model).__name__,
)
def test_any_estimator_with_fit_transform_and_components_can_be_handed_in(model):
    found = TopicModel(model=model, weights="counts", lang="en").fit(TEXTS)
    assert found.get_topic_info().Count.sum() == 8
    assert found.transform(["dogs bark"]).shape == (1, 2)
    assert TopicModel(3, model=model, lang="en").fit(TEXTS).components_.shape[0] == 3


def test_counts_go_with_kullback_leibler():
    model = TopicModel(2, weights="counts", lang="en").fit(TEXTS)
    assert model.model_.beta_loss == "kullback-leibler"
    expected = CountVectorizer(vocabulary=model.vocabulary_.tolist()).transform(TEXTS)
    np.testing.assert_array_equal(model.vectorizer_.transform(TEXTS).toarray(), expected.toarray())


def test_the_share_explained_is_that_of_the_product(small):
    X = small._X.toarray()
    W = small.document_topics_
    expected = 1 - np.linalg.norm(X - W @ small.components_) ** 2 / np.linalg.norm(X) ** 2
    assert small.explained_ == pytest.approx(expected, abs=1e-12)


# Files


def test_a_model_comes_back_from_one_file_with_its_vectoriser(tmp_path):
    model = TopicModel(2, lang="en", stem=True, ngram_range=(1, 2), stop_words=["at"]).fit(TEXTS, names=TITLES)
    model.set_topic_labels({0: "zero"}).save(tmp_path / "topics.pw")
    again = partwise.load(tmp_path / "topics.pw")
    np.testing.assert_array_equal(again.transform(["dogs and taxes"]), model.transform(["dogs and taxes"]))
    pd.testing.assert_frame_equal(again.get_topic_info(), model.get_topic_info())
    pd.testing.assert_frame_equal(again.get_document_info(), model.get_document_info())
    assert again.get_params() == {**model.get_params(), "stop_words": ["at"], "ngram_range": (1, 2)}
    again.save(tmp_path / "again.pw")
    assert (tmp_path / "again.pw").read_bytes() == (tmp_path / "topics.pw").read_bytes()


def test_a_file_holds_neither_pickle_nor_texts(tmp_path):
    import zipfile

    secret = "zebra crossing ahead"
    TopicModel(2, lang="en").fit([*TEXTS, secret]).save(tmp_path / "topics.pw")
    with zipfile.ZipFile(tmp_path / "topics.pw") as archive:
        assert all(name.endswith((".npy", ".json")) for name in archive.namelist())
        content = b"".join(map(archive.read, archive.namelist()))
    assert secret.encode() not in content
    again = partwise.load(tmp_path / "topics.pw")
    with pytest.raises(DataError, match="texts are not kept"):
        again.coherence()
    assert again.coherence(texts=TEXTS).shape == (2,)
    assert again.representative_documents(0).tolist() == again.representative_documents(0).index.tolist()


def test_a_model_of_yours_can_be_handed_in_but_not_saved(tmp_path):
    model = TopicModel(2, model=SklearnNMF(), lang="en").fit(TEXTS)
    with pytest.raises(ModelFileError, match="NMF, which a"):
        model.save(tmp_path / "topics.pw")
    ours = TopicModel(2, model=partwise.NMF(max_iter=500), lang="en").fit(TEXTS)
    ours.save(tmp_path / "topics.pw")
    assert partwise.load(tmp_path / "topics.pw").model.max_iter == 500


# One call


def test_one_call_reads_a_file_a_folder_a_table_and_a_list(tmp_path):
    table = pd.DataFrame({"id": TITLES, "body": TEXTS})
    table.to_csv(tmp_path / "x.csv", index=False)
    (tmp_path / "lines.txt").write_text("\n".join(TEXTS), encoding="utf-8")
    (tmp_path / "folder").mkdir()
    for i, text in enumerate(TEXTS):
        (tmp_path / "folder" / f"{i}.txt").write_text(text, encoding="utf-8")
    expected = TopicModel(2, lang="en").fit(TEXTS).components_
    sources = {
        "file": tmp_path / "x.csv",
        "lines": tmp_path / "lines.txt",
        "folder": tmp_path / "folder",
        "table": table,
        "series": table.body,
        "list": TEXTS,
    }
    models = {kind: topics(source, 2, lang="en") for kind, source in sources.items()}
    for kind, model in models.items():
        np.testing.assert_array_equal(model.components_, expected, err_msg=kind)
    assert models["folder"].document_names_[3] == "3.txt"
    assert "column 'body' is read as the text" in models["file"].notes_[0]
    assert topics(table, 2, lang="en", title="id").document_names_.tolist() == TITLES


def test_a_column_that_does_not_exist_is_named_with_the_likely_one():
    table = pd.DataFrame({"id": TITLES, "Text": TEXTS})
    with pytest.raises(DataError, match=re.escape('no column "body". Columns: id, Text. Did you mean text="Text"?')):
        topics(table, 2, text="body")
    with pytest.raises(DataError, match="holds no text"):
        topics(pd.DataFrame({"a": [1.0, 2.0]}), 2)
