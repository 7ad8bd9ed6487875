"""Words of a language: which ones there are in a text, which say nothing, and what their stems are.

This is the one place that knows the extra ``text`` (stopwordsiso, snowballstemmer). Without it English still works,
with scikit-learn's list; nothing is downloaded.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from partwise.errors import DataError, MissingExtraError

__all__ = [
    "NONE",
    "STEMMERS",
    "WORD",
    "Surfaces",
    "Tokens",
    "guess_language",
    "known_languages",
    "stemmer",
    "stop_words",
]

WORD = re.compile(r"[^\W\d_]{2,}")
"""Two or more letters of any script."""

NONE = "none"
"""The language of which nothing is known: no word is left out."""

STEMMERS = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "eo": "esperanto", "es": "spanish", "et": "estonian", "eu": "basque", "fa": "persian", "fi": "finnish",
    "fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian",
    "it": "italian", "lt": "lithuanian", "nl": "dutch", "no": "norwegian", "pl": "polish", "pt": "portuguese",
    "ro": "romanian", "ru": "russian", "sr": "serbian", "st": "sesotho", "sv": "swedish", "ta": "tamil",
    "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
"""ISO 639-1 code -> the name of its Snowball stemmer; which exist depends on the version of snowballstemmer."""

UNSPACED = {"ja", "th", "zh"}
"""Written without blanks between words."""

SAMPLE = 200_000
"""Characters that a guess looks at."""

RECOGNISED = 0.2
"""A text of connected sentences has .4 to .8 of its words in its language's list, and below .1 in unrelated ones."""


class Tokens:
    """Text to words: find, leave out, cut to stems. Called by scikit-learn's vectorisers with lower-case text.

    It remembers nothing, so that threads may share it.

    Parameters
    ----------
    stop : collection of str
        Words to leave out.
    stem : callable or None
        Word -> stem.

    Examples
    --------
    >>> Tokens({"the"})("the cat's 9 lives")
    ['cat', 'lives']
    """

    def __init__(self, stop: Iterable[str] = (), stem: Callable[[str], str] | None = None) -> None:
        self.stop, self.stem = frozenset(stop), stem

    def __call__(self, text: str) -> list[str]:
        """The words of ``text``, in order."""
        words = self.words(text)
        return words if self.stem is None else [self.stem(word) for word in words]

    def words(self, text: str) -> list[str]:
        """The same before they are cut to stems."""
        return [word for word in WORD.findall(text) if word not in self.stop]


class Surfaces:
    """`Tokens` that remember, for the documents of a fit: each word is cut once, and counted for its stem.

    Attributes
    ----------
    seen : Counter of (stem, word)
        How often each word stood for its stem, if there are stems.
    """

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.stems: dict[str, str] = {}
        self.seen: Counter[tuple[str, str]] = Counter()

    def __call__(self, text: str) -> list[str]:
        """As `Tokens`."""
        words, stem = self.tokens.words(text), self.tokens.stem
        if stem is None:
            return words
        self.stems.update((word, stem(word)) for word in set(words).difference(self.stems))
        found = [self.stems[word] for word in words]
        self.seen.update(zip(found, words, strict=True))
        return found

    def shown(self) -> dict[str, str]:
        """The most frequent word of each stem seen; of equals the first in the alphabet."""
        best: dict[str, tuple[int, str]] = {}
        for (stem, word), count in self.seen.items():
            best[stem] = min(best.get(stem, (0, word)), (-count, word))
        return {stem: word for stem, (_, word) in best.items()}


def known_languages() -> list[str]:
    """Codes of the languages that have stop words here, in the order of the alphabet."""
    lists = _lists()
    return sorted(lists.langs()) if lists else ["en"]


def stop_words(lang: str, given: Sequence[str] | None = None) -> tuple[frozenset[str], list[str]]:
    """The words to leave out, as `WORD` finds them, and sentences about where they come from.

    Parameters
    ----------
    lang : str
        ISO 639-1 code, or "none".
    given : sequence of str or None
        A list that replaces that of the language.

    Raises
    ------
    DataError
        If there is no list for ``lang``.
    MissingExtraError
        If only the extra ``text`` might have one.

    Examples
    --------
    >>> words, _ = stop_words("en")
    >>> "the" in words, "whale" in words
    (True, False)
    """
    if given is not None:
        return _as_found(given), []
    if lang == NONE:
        return frozenset(), []
    lists = _lists()
    if lists is None:
        return _without_extra(lang)
    if not lists.has_lang(lang):
        raise DataError(
            f"lang={lang!r} is unknown. Known: {', '.join(sorted(lists.langs()))}; or 'none', with a list of your own."
        )
    notes = []
    if lang in UNSPACED:
        notes.append(f"{lang} is written without blanks, and words are found between blanks: put blanks in first.")
    return _as_found(lists.stopwords(lang)), notes


def _as_found(words: Iterable[str]) -> frozenset[str]:
    return frozenset(part for word in words for part in WORD.findall(word.lower()))


def _without_extra(lang: str) -> tuple[frozenset[str], list[str]]:
    if lang != "en":
        raise MissingExtraError.for_task(f"Leaving out the stop words of {lang!r}", "text")
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    note = (
        f"scikit-learn's {len(ENGLISH_STOP_WORDS)} English stop words are left out; a longer list, and other "
        'languages, come with the text extra: pip install "partwise[text]".'
    )
    return _as_found(ENGLISH_STOP_WORDS), [note]


def guess_language(texts: Iterable[str]) -> tuple[str, float]:
    """The language whose stop words make up most of the words, and their share; "none" below a fifth.

    Parameters
    ----------
    texts : iterable of str
        Of which the first 200,000 characters are looked at.

    Examples
    --------
    >>> guess_language(["the shop was closed when we arrived"])[0]
    'en'
    """
    sample, size = [], 0
    for text in texts:
        sample.append(text[: SAMPLE - size].lower())
        size += len(sample[-1])
        if size >= SAMPLE:
            break
    counts = Counter(word for text in sample for word in WORD.findall(text))
    total = counts.total() or 1
    shares = {lang: _share(counts, lang) / total for lang in known_languages()}
    best = max(shares, key=lambda lang: (shares[lang], lang == "en"))
    return (best, shares[best]) if shares[best] >= RECOGNISED else (NONE, shares[best])


def _share(counts: Counter[str], lang: str) -> int:
    words, _ = stop_words(lang)
    return sum(counts[word] for word in counts.keys() & words)


def stemmer(lang: str) -> Callable[[str], str]:
    """The function that cuts a word of ``lang`` to its stem.

    Examples
    --------
    >>> stemmer("en")("governments")
    'govern'
    """
    try:
        import snowballstemmer
    except ImportError:
        raise MissingExtraError.for_task("Stemming", "text") from None
    name = STEMMERS.get(lang, "")
    known = sorted(code for code, algorithm in STEMMERS.items() if algorithm in snowballstemmer.algorithms())
    if lang not in known:
        raise DataError(f"There is no stemmer for lang={lang!r}. There are: {', '.join(known)}.")
    return partial(_cut, name)


def _cut(name: str, word: str) -> str:
    import snowballstemmer

    return snowballstemmer.stemmer(name).stemWord(word)  # a new one (1 us), since one cuts one word at a time


def _lists():
    """The module stopwordsiso, or None without the extra."""
    try:
        import stopwordsiso
    except ImportError:
        return None
    return stopwordsiso
