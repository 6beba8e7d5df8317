"""What a title is made of: its words in one spelling, and where its segments end.

A segment ends at a comma, bracket, dash, or a word like "with" and "for". The last word of a segment is mostly the head
of its noun phrase: in "Organic Turkey Burgers, Frozen" the product is a burger.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from goeswith.entities.terms import compact, tokens

_SEGMENT = re.compile(r"[,(;|/:]| - | with | for | w/ | in | by |（|、|・", re.IGNORECASE)
LONGEST_TERM = 5


@dataclass(frozen=True, slots=True)
class Title:
    words: tuple[str, ...]
    ends: tuple[int, ...]
    """One past the last word of each segment."""

    @classmethod
    def parse(cls, text: str) -> Title:
        words: list[str] = []
        ends: list[int] = []
        for segment in _SEGMENT.split(text):
            found = tokens(segment)
            if found:
                words += found
                ends.append(len(words))
        return cls(tuple(words), tuple(ends))

    @property
    def text(self) -> str:
        return " ".join(self.words)


@dataclass(frozen=True, slots=True)
class Match:
    """A term that stands in a title."""

    first: int
    last: int
    """Its words are `words[first:last]`."""
    ends_first_segment: bool
    ends_a_segment: bool
    longest: bool
    """No longer term covers it."""


class TermMatcher:
    """Finds the terms that stand in a title word for word, open or closed compounds alike."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._terms: dict[str, int] = {}
        for number, key in enumerate(keys):
            if key:
                self._terms.setdefault(compact(key), number)

    def find(self, title: Title) -> dict[int, Match]:
        """Number of a term -> its best place: at the end of the first segment, else of any, else the last."""
        spans = {
            (first, last): self._terms[joined]
            for first in range(len(title.words))
            for last in range(first + 1, min(first + LONGEST_TERM, len(title.words)) + 1)
            if (joined := "".join(title.words[first:last])) in self._terms
        }
        best: dict[int, Match] = {}
        for (first, last), term in spans.items():
            match = Match(
                first,
                last,
                bool(title.ends) and last == title.ends[0],
                last in title.ends,
                longest=not _covered(first, last, spans),
            )
            if term not in best or _place(match) > _place(best[term]):
                best[term] = match
        return best


def _place(match: Match) -> tuple[bool, bool, int]:
    return match.ends_first_segment, match.ends_a_segment, match.last


def _covered(first: int, last: int, spans: Iterable[tuple[int, int]]) -> bool:
    return any(start <= first and last <= end and end - start > last - first for start, end in spans)
