"""``partwise topics``: raw texts into topics, and the files that tell of them."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, Any

import click

from partwise.cli import options
from partwise.cli.refusals import USAGE, Refusal
from partwise.cli.stdin import file_or_stdin
from partwise.cli.voice import Voice
from partwise.cli.words import as_flags, flags
from partwise.errors import DataError

if TYPE_CHECKING:
    from partwise.apps.topics import Documents

__all__ = ["as_flags", "read_texts", "topics"]


class Limit(click.ParamType):
    """A number of documents, or a share of them."""

    name = "n|share"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | float:
        """An int, or a float in 0..1 where there is a point in it."""
        text = str(value).strip()
        if not re.fullmatch(r"\d+|0?\.\d+|1\.0*", text):
            self.fail(f"{value!r} is neither a number of documents (3) nor a share of them (0.5).")
        return int(text) if text.isdecimal() else float(text)


class Runs(click.ParamType):
    """Lengths of runs of words."""

    name = "low:high"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text, known to be right."""
        match = re.fullmatch(r"([1-9]):([1-9])", str(value).strip())
        if match is None or match[1] > match[2]:
            self.fail(f"{value!r} is no range of lengths. Write 1:1 for words, 1:2 for words and pairs.")
        return match[0]


words = options.together(
    click.option("--text", metavar="COL", help="Column that holds the texts; default: the one with the longest cells."),
    click.option("--title", metavar="COL", help="Column that names the documents; default: file names or row numbers."),
    click.option("--encoding", default="utf-8", show_default=True, help="Of the file; cp1252 is a common other one."),
    click.option("--lang", metavar="CODE", help="Language, such as en or de, or none; default: guessed, and told."),
    click.option("--stem", is_flag=True, help="Count words of one stem as one (extra: text)."),
    click.option("--stopwords", metavar="FILE", help="Words to leave out, a line each, in place of the language's."),
    click.option("--ngrams", type=Runs(), default="1:1", show_default=True, help="Runs of words that are terms."),
    click.option("--min-df", type=Limit(), help="Least documents a word is in; default: 3, fewer for few documents."),
    click.option("--max-df", type=Limit(), help="Most; default: 0.5, all for fewer than 20 documents."),
    click.option(
        "--weights",
        type=click.Choice(("tfidf", "counts")),
        help="How words are weighted; default: counts for --loss kl, else tfidf (sublinear).",
    ),
)
"""How texts become a matrix."""

answers = options.together(
    click.option("--time", metavar="COL", help="Column of years or dates: topics over time."),
    click.option("--every", metavar="PERIOD", help="Length of periods of --time: 10, or D, W, M, Q, Y for dates."),
    click.option("--by", metavar="COL", help="Column of groups: topics per group, and how well they agree."),
    click.option("--similar", metavar="TITLE|ROW", help="List the documents most like this one; rows count from 0."),
    click.option("--top", type=click.IntRange(min=2), default=10, show_default=True, help="Words per topic."),
    options.views,
)
"""What is asked of the topics."""

IN_WORDS = flags("text", "title", "time", "by", "lang", "min_df", "max_df", "every")


@click.command()
@file_or_stdin("texts")
@words
@answers
@options.model
@options.folder("Where to write topics.csv, documents.csv, model.pw and run.toml; default: NAME-topics.")
@options.voice
def topics(texts: str, voice: Voice, **chosen: Any) -> None:
    """Find the topics of texts: each a few words, each document a few topics.

    TEXTS is a .csv, .tsv, .jsonl (also .gz), .parquet or .xlsx file with a column of texts (- is such a table on
    standard input), a .txt file with a document per line, or a folder of .txt files. Empty documents get no topic,
    repeated ones count once; what was found is told.
    """
    from partwise.cli.components import default_folder
    from partwise.cli.fit import check_size, check_size_given, ending, new_model, refuse_wrong_pair, run_fit

    check_size_given(chosen["components"])
    check_words(chosen)
    estimator = new_model(chosen, voice)
    refuse_wrong_pair(estimator)
    from partwise.cli import topic_files
    from partwise.cli.run import fingerprints

    read = read_texts(texts, chosen["text"], chosen["title"], chosen["encoding"], voice)
    columns = {name: column(read, chosen[name], name) for name in ("time", "by") if chosen[name] is not None}
    model = topic_model(estimator, chosen)
    with as_flags(IN_WORDS):
        X = model.prepare(read.texts, read.names)
    for note in model.notes_:
        voice.note(note)
    check_size(chosen["components"], X.shape, chosen["force"])
    similar_to = None if chosen["similar"] is None else row_of(model, chosen["similar"])
    chosen["out"] = chosen["out"] or default_folder(texts, "topics")
    folder = topic_files.prepare_folder(chosen, voice)
    sha256 = fingerprints({"texts": texts}, voice)

    W, seconds = run_fit(model.model_, X, None, voice)
    model.adopt(W)
    with as_flags(IN_WORDS):
        found = topic_files.findings(model, columns, chosen, similar_to)
    files = topic_files.write(folder, model, read, found, {"texts": texts, **chosen}, sha256)
    page = topic_files.write_page(voice, model, read, columns, chosen, sha256["texts"])
    topic_files.tell(voice, model, found, texts, seconds, chosen)
    voice.say(f"\nWrote {', '.join(files)} to {folder}{''.join(f' and {path}' for path in page.values())}")
    voice.say(f"Next: partwise apply {folder / 'model.pw'} NEW_TEXTS, or partwise show {folder / 'model.pw'}")
    said = topic_files.for_machines(model, found, X.shape, seconds, files, folder, chosen)
    voice.result(said | {"files": said["files"] | page})
    ending(model.model_, chosen["strict"])


# ------------------------------------------------------------------ before


def check_words(chosen: dict[str, Any]) -> None:
    """Refuse a language, a stemmer or an encoding that does not exist, before a large file is read."""
    from partwise.apps.topics.words import stemmer, stop_words

    try:
        codecs.lookup(chosen["encoding"])
        if chosen["lang"] is not None:
            stop_words(chosen["lang"])
            if chosen["stem"]:
                stemmer(chosen["lang"])
    except LookupError:
        raise Refusal(
            f"There is no encoding {chosen['encoding']!r}. Common ones: utf-8, cp1252, latin-1, utf-16.", USAGE
        ) from None
    except DataError as error:
        raise Refusal(IN_WORDS(str(error)), USAGE) from None


def read_texts(path: str, text: str | None, title: str | None, encoding: str, voice: Voice) -> Documents:
    """The documents of a file or folder; tells what was inferred."""
    from partwise.apps.topics import documents

    with as_flags(IN_WORDS):
        read = documents(path, text, title, encoding)
    for note in read.notes:
        voice.note(note)
    return read


def column(read: Documents, name: str, option: str) -> Any:
    """A column of the table that the texts came in."""
    from partwise.apps.topics.texts import column_of

    with as_flags(IN_WORDS):
        return column_of(read.table, name, "The table", option)  # type: ignore[arg-type]


def topic_model(estimator: Any, chosen: dict[str, Any]) -> Any:
    """The model that the options describe."""
    from partwise.apps.topics import TopicModel

    low, high = chosen["ngrams"].split(":")
    return TopicModel(
        model=estimator,
        weights=chosen["weights"] or ("counts" if options.beta(chosen["loss"]) == 1 else "tfidf"),
        lang=chosen["lang"],
        stem=chosen["stem"],
        stop_words=stop_list(chosen["stopwords"]),
        ngram_range=(int(low), int(high)),
        min_df=chosen["min_df"],
        max_df=chosen["max_df"],
    )


def stop_list(path: str | None) -> list[str] | None:
    """The lines of a file of stop words."""
    if path is None:
        return None
    from partwise.io import read_records

    frame = read_records(path).frame
    return [word for word in frame.iloc[:, -1].str.strip() if word]


def row_of(model: Any, item: str) -> int:
    """The row of a document given by its name, or else by its number."""
    if item.isdecimal() and item not in set(model.document_names_):
        item = int(item)  # type: ignore[assignment]
    try:
        return model.place_of(item)
    except DataError as error:
        raise Refusal(f"--similar: {error}", USAGE) from None
