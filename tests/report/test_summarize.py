"""The summary: the same for the same model, true to it, and in the form that README.md documents."""

import dataclasses
import hashlib
import json
import os
import re
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import partwise
from partwise import apps, report
from partwise.errors import DataError, MissingFileError
from partwise.estimators import NotConvergedWarning
from partwise.report import summarize, to_json
from partwise.report.overview import fingerprint
from partwise.report.result import Choice, Result

from .models import MAKERS, TEXTS, TITLES, written

KINDS = {
    "matrix": "matrix",
    "batches": "matrix",
    "topics": "topics",
    "images": "images",
    "image_model": "images",
    "ratings": "ratings",
    "purchases": "ratings",
    "sound": "sound",
    "programs": "programs",
    "signatures": "signatures",
    "given_signatures": "signatures",
    "spectra": "spectra",
    "signals": "signals",
}
ALWAYS = {"schema", "kind", "title", "words", "overview", "components", "features", "notices"}
EXTRA = {
    "images": {"pictures"},
    "ratings": {"ratings"},
    "sound": {"sound"},
    "signatures": {"channels"},
    "spectra": {"curves", "maps"},
    "signals": {"curves"},
}


@pytest.fixture(params=MAKERS)
def case(request):
    """A model, its data, the name of its kind, and its report."""
    return *MAKERS[request.param](), KINDS[request.param], *written(request.param)


def dense(matrix):
    """A matrix of a summary as an array."""
    if isinstance(matrix, dict):
        return matrix["values"] * matrix["scale"][:, None]
    return np.asarray(matrix)


def documented():
    """The keys of the summary in the table of README.md."""
    text = (Path(report.__file__).parent / "README.md").read_text(encoding="utf-8")
    table = text.split("## The summary")[1].split("### overview")[0]
    return set(re.findall(r"^\| `(\w+)`\??", table, flags=re.MULTILINE))


# Every kind


def test_every_kind_has_the_documented_form(case):
    found, kind = case[3].summary, case[2]
    k, p = len(found["components"]), len(found["features"]["names"])
    n = len(found["items"]["names"])
    assert found["kind"] == kind
    assert ALWAYS <= set(found) <= documented()
    assert EXTRA.get(kind, set()) <= set(found)
    assert dense(found["features"]["weights"]).shape == (k, p) and p <= found["features"]["total"]
    assert dense(found["items"]["weights"]).shape == (n, k) and n == found["items"]["total"]
    assert found["similarity"].shape == (k, k)
    np.testing.assert_array_equal(np.diag(found["similarity"]), 1)
    assert found["map"]["components"].shape == (k, 2) and found["map"]["items"].shape == (n, 2)
    assert set(found["words"]) == {"component", "components", "item", "items", "feature", "features"}


def test_places_in_components_are_places_in_the_lists(case):
    found = case[3].summary
    for component in found["components"]:
        assert all(0 <= item < len(found["items"]["names"]) for item in component["items"])
        assert all(0 <= feature < len(found["features"]["names"]) for feature in component.get("features", []))
        assert all(isinstance(name, str) for name, _ in component.get("measures", []))
    assert sum(component["share"] for component in found["components"]) == pytest.approx(1)


def test_weights_times_features_approximate_the_observed_cells(case):
    found = case[3].summary
    if "cells" not in found["items"] or "ratings" in found:
        return
    cells, n = found["items"]["cells"], len(found["items"]["names"])
    rows = np.repeat(np.arange(n), np.diff(cells["start"]))
    rebuilt = dense(found["items"]["weights"]) @ dense(found["features"]["weights"])
    observed = cells["value"]
    left = np.linalg.norm(observed - rebuilt[rows, cells["feature"]]) / np.linalg.norm(observed)
    assert left < 0.6
    assert all(np.diff(part).max(initial=0) <= 0 for part in np.split(observed, cells["start"][1:-1]))


def test_equal_models_give_equal_bytes_of_summary_and_page(case, tmp_path):
    model, data, _, first, page = case
    again = report.write(model, tmp_path / "x.html", data)
    assert to_json(again.summary) == to_json(first.summary)
    assert again.path.read_bytes() == page


def test_a_fit_that_is_repeated_gives_the_same_summary():
    assert to_json(summarize(*MAKERS["topics"].__wrapped__())) == to_json(summarize(*MAKERS["topics"]()))


def test_the_summary_is_json(case):
    again = json.loads(to_json(case[3].summary))
    assert again["schema"] == report.SCHEMA and again["components"]


def test_labels_reach_every_kind(case):
    model, data, _, first, _ = case
    names = [f"named {q}" for q in range(len(first.summary["components"]))]
    assert [part["label"] for part in summarize(model, data, labels=names)["components"]] == names


def test_without_text_nothing_of_the_users_own_is_left(case):
    model, data, kind, *_ = case
    found = summarize(model, data, text=False)
    assert not {"texts", "details"} & set(found["items"])
    if kind == "images":
        assert len(found["pictures"]["originals"]) == 0
    if kind == "sound":
        assert "mix" not in found["sound"] and not any("wav" in stem for stem in found["sound"]["stems"])
    if "curves" in found:
        assert "observed" not in found["curves"]


# Topics


def test_no_text_of_a_document_is_anywhere_without_text():
    table = pd.DataFrame({"id": TITLES, "body": TEXTS, "remark": [f"remark {i}" for i in range(6)]})
    documents = apps.topics.documents(table, "body", "id")
    model = MAKERS["topics"]()[0]
    with_text, without = (to_json(summarize(model, documents, text=text)) for text in (True, False))
    assert all(text in with_text for text in TEXTS) and "remark 3" in with_text
    assert not any(text in without for text in TEXTS) and "remark" not in without
    assert '"cells"' in with_text and '"cells"' not in without  # they are the words of a document


def test_topics_carry_titles_texts_and_words():
    model, _ = MAKERS["topics"]()
    found = summarize(model)
    assert found["items"]["names"] == TITLES and found["items"]["texts"] == TEXTS
    assert [part["label"] for part in found["components"]] == model.topic_labels_
    heaviest = dense(found["features"]["weights"])[0].argmax()
    assert found["features"]["names"][heaviest] == model.get_topic(0, 1)[0][0]
    mixture = dense(found["items"]["weights"]) * [part["mass"] for part in found["components"]]
    np.testing.assert_allclose(mixture / mixture.sum(axis=1, keepdims=True), model.topic_shares_, atol=0.01)


def test_a_typical_document_is_there_once():
    model = apps.topics.TopicModel(2, lang="en", min_df=1).fit([*TEXTS, TEXTS[0], ""])
    found = summarize(model)
    for component in found["components"]:
        texts = [found["items"]["texts"][i] for i in component["items"]]
        assert len(set(texts)) == len(texts)
    assert any("1 document is made of no topic (first: 7)" in said for said in found["overview"]["warnings"])


def test_a_model_from_a_file_is_shown_on_texts_that_are_given(tmp_path):
    model, _ = MAKERS["topics"]()
    model.save(tmp_path / "m.pw")
    again = partwise.load(tmp_path / "m.pw")
    assert "texts" not in summarize(again)["items"]
    found = summarize(again, ["dogs and cats", "a budget of taxes", "nothing known"])
    assert found["items"]["texts"][0] == "dogs and cats"
    assert dense(found["items"]["weights"])[2].max() == 0


def test_shares_over_time_and_by_class_are_means_of_mixtures():
    model, _ = MAKERS["topics"]()
    found = summarize(model, time=[1990, 1990, 1991, 1991, 1992, 1992], every=1, groups={"kind": list("aaabbb")})
    table = model.topics_over_time([1990, 1990, 1991, 1991, 1992, 1992], 1)
    assert found["time"]["periods"] == ["1990", "1991", "1992"]
    np.testing.assert_allclose(found["time"]["shares"].ravel(), table.Share)
    by = model.topics_per_class(list("aaabbb"))
    np.testing.assert_allclose(found["groups"][0]["shares"].ravel(), by.Share)
    assert found["groups"][0]["names"] == ["a", "b"] and found["groups"][0]["counts"].tolist() == [3, 3]


def test_hostile_texts_and_names_pass_as_they_are():
    hostile = [
        "<script>alert(1)</script> dogs",
        "</script><img src=x onerror=alert(2)> cats",
        "\u202edogs\u202c 🦊 cats",
    ]
    model = apps.topics.TopicModel(2, lang="none", min_df=1).fit(
        [*hostile, "x" * 300_000 + " dogs"], names=hostile + ["\ud800"]
    )
    found = summarize(model, labels={0: "<b>&amp;"})
    assert found["items"]["texts"][:3] == hostile and found["items"]["names"][:3] == hostile
    assert found["items"]["names"][3] == "\ufffd" and found["components"][0]["label"] == "<b>&amp;"
    assert len(found["items"]["texts"][3]) < 21_000
    assert "1 document is cut after 20,000 characters." in found["notices"]
    page = report.render(found)
    assert not any(text in page for text in hostile)


# Any matrix


@pytest.fixture
def planted():
    rng = np.random.default_rng(0)
    return rng.random((30, 3)) @ rng.random((3, 8)) + 0.01


def test_data_may_be_a_table_an_array_sparse_or_a_file(planted, tmp_path):
    names = [f"f{j}" for j in range(8)]
    table = pd.DataFrame(planted, [f"s{i}" for i in range(30)], names)
    model = partwise.NMF(3, random_state=0, max_iter=2000).fit(table)
    table.to_csv(tmp_path / "x.csv")
    of_table, of_file = summarize(model, table), summarize(model, str(tmp_path / "x.csv"))
    assert of_table["items"]["names"] == of_file["items"]["names"] == list(table.index)
    for data in (planted, sp.csr_array(planted)):
        found = summarize(model, data)
        assert found["items"]["names"][1] == "row 1" and found["features"]["names"] == names
        np.testing.assert_array_equal(dense(found["items"]["weights"]), dense(of_table["items"]["weights"]))


def test_weights_that_are_known_are_taken(planted):
    model = partwise.NMF(3, random_state=0, max_iter=2000)
    W = model.fit_transform(planted)
    found = dense(summarize(model, planted, W=W)["items"]["weights"])
    np.testing.assert_allclose(found, W, atol=W.max() / 255)
    with pytest.raises(DataError, match=r"W has the shape \(2, 3\); 30 samples and 3 components ask for \(30, 3\)"):
        summarize(model, planted, W=W[:2])


def test_missing_cells_are_told_and_do_not_count(planted):
    holes = planted.copy()
    holes[0, 0] = np.nan
    model = partwise.NMF(3, random_state=0, max_iter=2000).fit(holes)
    found = summarize(model, holes)
    assert ["missing cells", "1 of 240"] in found["overview"]["facts"]
    assert np.isfinite(found["items"]["explained"]).all()
    assert 0 not in found["items"]["cells"]["feature"][: found["items"]["cells"]["start"][1]]


def test_the_share_that_is_explained_is_that_of_each_row(planted):
    model = partwise.NMF(2, random_state=0, max_iter=2000)
    W = model.fit_transform(planted)
    left = np.sum((planted - W @ model.components_) ** 2, axis=1) / np.sum(planted**2, axis=1)
    for data in (planted, sp.csr_array(planted)):
        np.testing.assert_allclose(summarize(model, data, W=W)["items"]["explained"], 1 - left, atol=1e-12)


def test_without_data_there_are_components_alone(planted):
    found = summarize(partwise.NMF(3, random_state=0, max_iter=2000).fit(planted))
    assert "items" not in found and "items" not in found["map"]
    assert found["notices"][0].startswith("The data were not given")


def test_a_fit_that_did_not_converge_says_so_aloud(planted):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotConvergedWarning)
        model = partwise.NMF(3, random_state=0, max_iter=2, tol=0).fit(planted)
    overview = summarize(model, planted)["overview"]
    assert (
        overview["converged"] is False
        and overview["stop_reason"] == "The largest number of iterations was reached first."
    )
    assert any("has not converged" in said for said in overview["warnings"])


def test_components_that_are_nearly_alike_are_told():
    model = partwise.NMF(2, random_state=0).fit(np.ones((4, 3)) + np.eye(4, 3) * 0.01)
    model.components_ = np.array([[1.0, 1.0, 1.0], [1.0, 1.0, 1.1]])
    assert any("1 pair of components is nearly alike" in said for said in summarize(model)["overview"]["warnings"])


def test_provenance_names_versions_seed_and_data_but_no_time(planted):
    model = partwise.NMF(3, random_state=7, max_iter=2000).fit(planted)
    provenance = dict(summarize(model, planted)["overview"]["provenance"])
    assert {"partwise", "numpy", "scipy", "seed", "SHA-256 of the data"} <= set(provenance)
    assert provenance["seed"] == 7 and provenance["SHA-256 of the data"] == fingerprint(planted)
    assert fingerprint(planted) != fingerprint(planted[::-1]) and fingerprint(["ab", "c"]) != fingerprint(["a", "bc"])


def test_a_scikit_learn_estimator_can_be_reported(planted):
    from sklearn.decomposition import NMF

    found = summarize(NMF(2, random_state=0, max_iter=5000, tol=1e-6).fit(planted), planted)
    assert found["title"] == "NMF: 2 components of 30 samples" and "convergence" not in found


def test_components_of_both_signs_stay_signed():
    from sklearn.decomposition import PCA

    X = np.random.default_rng(0).standard_normal((20, 5))
    model = PCA(2).fit(X)
    np.testing.assert_allclose(summarize(model, X)["features"]["weights"], model.components_)


# Sampling, and the size of a file


def test_of_more_items_the_typical_ones_and_a_fair_sample_are_kept(planted):
    model = partwise.NMF(3, random_state=0, max_iter=2000)
    W = model.fit_transform(planted)
    found = summarize(model, planted, W=W, max_items=10)
    names = found["items"]["names"]
    assert len(names) == 10 and found["items"]["total"] == 30
    assert {f"row {i}" for i in W.argmax(axis=0)} <= set(names)
    assert any(said.startswith("10 of 30 samples are shown") for said in found["notices"])
    whole = summarize(model, planted, W=W)
    assert [part["share"] for part in found["components"]] == [part["share"] for part in whole["components"]]
    with pytest.raises(DataError, match="max_items=0 keeps nothing"):
        summarize(model, planted, max_items=0)


def test_a_file_that_is_too_large_is_made_of_fewer_items_and_says_so(tmp_path):
    words, rng = sorted(set(" ".join(TEXTS).split())), np.random.default_rng(0)
    texts = [" ".join(rng.choice(words, 30)) for _ in range(3000)]
    model = apps.topics.TopicModel(2, lang="none", max_df=1.0).fit(texts)
    whole = report.write(model, tmp_path / "whole.html")
    less = report.write(model, tmp_path / "less.html", max_size=whole.size * 0.6)
    assert less.size == (tmp_path / "less.html").stat().st_size <= whole.size * 0.6
    assert len(less.summary["items"]["names"]) < 3000
    assert any("of 3,000 documents are shown" in said for said in less.notices)
    with pytest.raises(DataError, match=r"more than max_size allows \(0.001 MB\). Raise max_size"):
        report.write(model, tmp_path / "none.html", max_size=1000)
    assert not (tmp_path / "none.html").exists()


def test_a_report_replaces_a_file_whole_or_not_at_all(tmp_path):
    page = tmp_path / "x.html"
    page.write_text("before")
    with pytest.raises(DataError):
        report.write(MAKERS["matrix"]()[0], page, max_size=10)
    assert page.read_text() == "before" and len(list(tmp_path.iterdir())) == 1
    with pytest.raises(MissingFileError, match="there is no folder"):
        report.write(MAKERS["matrix"]()[0], tmp_path / "no" / "x.html")


# What only one kind has


def test_pictures_are_sums_of_weights_times_parts():
    found, _ = MAKERS["images"]()
    summary = summarize(found)
    pictures = summary["pictures"]
    rebuilt = dense(summary["items"]["weights"]) @ dense(pictures["parts"])
    np.testing.assert_allclose(rebuilt.reshape(found.rebuilt.shape), found.rebuilt, atol=0.03)
    originals = pictures["originals"] / 255 * pictures["top"]
    stack = found.pictures.stack.reshape(len(found.W), -1)[pictures["shown"]]
    np.testing.assert_allclose(originals, stack, atol=1 / 255)


def test_a_model_of_pictures_is_shown_on_pictures_of_its_size():
    model, X = MAKERS["image_model"]()
    by_result, by_model = summarize(MAKERS["images"]()[0]), summarize(model, X)
    np.testing.assert_allclose(dense(by_model["items"]["weights"]), dense(by_result["items"]["weights"]), atol=0.02)
    assert len(summarize(model)["pictures"]["shown"]) == 0


def test_pages_of_users_recommend_what_the_model_recommends():
    model, _ = MAKERS["ratings"]()
    summary = summarize(model, labels={0: "first taste"})
    names, pages = summary["features"]["names"], summary["ratings"]["users"]
    page = pages[3]
    user = summary["items"]["names"][page["item"]]
    table = model.recommend(user, 10)
    assert [names[f] for f, _, _ in page["recommended"]] == table["item"].tolist()
    np.testing.assert_allclose([score for _, score, _ in page["recommended"]], table["score"])
    reasons = {reason for one in pages for _, _, reason in one["recommended"]}
    assert "because of the taste first taste" in reasons
    assert summary["ratings"]["scale"] == [model.seen_.data.min(), model.seen_.data.max()]
    assert summarize(MAKERS["purchases"]()[0])["ratings"]["scale"] is None


def test_players_are_small_files_of_sound_that_sum_to_the_mix(tmp_path):
    from partwise.io import read_sound

    found, _ = MAKERS["sound"]()
    sound = summarize(found)["sound"]
    waves = []
    for i, data in enumerate([sound["mix"], *(stem["wav"] for stem in sound["stems"])]):
        (tmp_path / f"{i}.wav").write_bytes(data)
        waves.append(read_sound(tmp_path / f"{i}.wav").wave)
    np.testing.assert_allclose(np.sum(waves[1:], axis=0), waves[0], atol=3 / 32767)
    frames, bands = len(sound["times"]), len(sound["frequencies"])
    assert sound["spectrogram"].shape == (frames, bands) and sound["spectrogram"].max() == 255
    assert dense(sound["activations"]).shape == (2, frames)
    assert all(0 <= stem < 2 for *_, stem in sound["notes"])


def test_programs_show_the_genes_that_mark_them_first():
    found, _ = MAKERS["programs"]()
    summary = summarize(found)
    names = summary["features"]["names"]
    for q, component in enumerate(summary["components"]):
        assert [names[f] for f in component["features"][:10]] == found.top_genes(10).iloc[:, q].tolist()
    assert [name for name, _ in summary["components"][0]["measures"]] == ["stability", "cells that use it most"]


def test_signatures_are_bars_in_the_order_of_the_channels():
    found, _ = MAKERS["signatures"]()
    channels = summarize(found)["channels"]
    assert channels["names"] == list(found.signatures.index) and channels["groups"][:1] == ["C>A"]
    assert [name for name, _ in channels["matches"]] == found.matches["nearest"].tolist()


def test_maps_and_curves_are_those_of_the_scene():
    found, _ = MAKERS["spectra"]()
    summary = summarize(found)
    maps = summary["maps"]
    values = dense(maps["values"]).reshape(-1, maps["height"], maps["width"])
    np.testing.assert_allclose(values, found.maps, atol=found.maps.max() / 255)
    np.testing.assert_allclose(
        dense(summary["curves"]["values"]), found.endmembers, atol=found.endmembers.to_numpy().max() / 255
    )


def test_signals_are_drawn_in_time_over_their_mixtures():
    found, X = MAKERS["signals"]()
    curves = summarize(found, X)["curves"]
    np.testing.assert_allclose(dense(curves["values"]), found.signals.T, atol=found.signals.max() / 255)
    assert dense(curves["observed"]["values"]).shape == (20, 300)
    with pytest.raises(DataError, match="the signals are of mixtures of shape"):
        summarize(found, X[:5])


# Mistakes


@pytest.mark.parametrize(
    "mistake, said",
    [
        (lambda: summarize(partwise.NMF(2)), "NMF has no components_ to report on"),
        (lambda: summarize(object.__new__(type("Thing", (), {"x": 1}))), "Thing has no components_"),
        (lambda: summarize(MAKERS["images"]()[0], [[1.0]]), "Parts holds the data that it was made of"),
        (lambda: summarize(MAKERS["matrix"]()[0], labels=["one"]), "There are 1 labels for 2 components"),
        (lambda: summarize(MAKERS["matrix"]()[0], labels={5: "x"}), "a label for component 5, but there are 2"),
        (lambda: summarize(*MAKERS["matrix"](), time=[1]), "time has 1 values for 5 items"),
        (lambda: summarize(*MAKERS["matrix"](), groups={"g": [1]}), r"groups\['g'\] has 1 values for 5 items"),
        (lambda: summarize(MAKERS["matrix"]()[0], ["a", "b"]), "Give a matrix of numbers, a row per sample"),
    ],
)
def test_mistakes_are_told_with_the_way_out(mistake, said):
    with pytest.raises(DataError, match=said):
        mistake()


@pytest.mark.parametrize("kind", [Choice, Result])
def test_every_field_of_a_result_is_documented(kind):
    told = re.findall(r"^    ([a-z_A-Z]+(?:, [a-zA-Z_]+)*) : ", kind.__doc__, flags=re.MULTILINE)
    assert {field.name for field in dataclasses.fields(kind)} == {name for line in told for name in line.split(", ")}


PROGRAM = """
import hashlib
from tests.report.models import written
print([hashlib.sha256(written(kind)[1]).hexdigest() for kind in ("topics", "ratings", "sound")])
"""


def test_another_process_writes_the_same_bytes():
    root = Path(__file__).parents[2]
    folders = [str(root), *filter(None, [os.environ.get("PYTHONPATH")])]
    seed = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"  # another one than here
    environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(folders)}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    here = [hashlib.sha256(written(kind)[1]).hexdigest() for kind in ("topics", "ratings", "sound")]
    assert done.stdout == f"{here}\n"


@pytest.mark.parametrize("k, n", [(1, 5), (60, 70), (2, 1)])
def test_one_component_many_and_one_item_are_summarised(k, n):
    X = np.random.default_rng(0).random((max(n, k), 80))
    model = partwise.NMF(k, init="random", max_iter=200, tol=1e-1, random_state=0).fit(X)
    found = summarize(model, X[:n])
    assert len(found["components"]) == k and len(found["items"]["names"]) == n


def test_zero_rows_and_a_constant_matrix_are_summarised():
    X = np.ones((5, 4))
    model = partwise.NMF(1, random_state=0).fit(X)
    for data in (X, np.zeros((3, 4))):
        shares = [part["share"] for part in summarize(model, data)["components"]]
        assert np.isfinite(shares).all()
