"""When two spellings are the same: keys of titles and of terms."""

from __future__ import annotations

import re
import unicodedata

_SPACE = re.compile(r"\s+")
_NOT_WORD = re.compile(r"[^\w]+")
_INVISIBLE = {"Cc", "Cf", "Co", "Cs"}


def clean(text: str) -> str:
    """A title as a person sees it: NFKC, without control and zero-width characters, single spaces.

    >>> clean("TEA\\u200b  CUP\\n")
    'TEA CUP'
    """
    visible = "".join(char for char in _SPACE.sub(" ", text) if unicodedata.category(char) not in _INVISIBLE)
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", visible)).strip()


def title_key(title: str) -> str:
    """Titles with the same key are the same title."""
    return clean(title).casefold()


def words(text: str) -> list[str]:
    """Words of a title or term, case folded; punctuation separates."""
    return [
        word for word in _NOT_WORD.sub(" ", clean(text).casefold().replace("'", "").replace("’", "")).split() if word
    ]


def readable(text: str) -> bool:
    """Whether an English encoder can make sense of it: at most a third of it is in another script than the Latin one.

    >>> readable("Teelichthalter, 6er-Set"), readable("ペーパータオル")
    (True, False)
    """
    return sum(ord(char) > 0x24F and char.isalpha() for char in text) <= len(text) / 3
