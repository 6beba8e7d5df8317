"""The nine function-based relations (FBL) and their coarse map, as algebra.

Source: the FBL classes of KARL (arXiv 2509.05564, section 3). A relation is directed from a to b; swapping the two
items maps REFILLED_BY <-> REFILLS and ENHANCED_BY <-> ENHANCES and leaves the others.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum

from goeswith.errors import DataError


class Coarse(StrEnum):
    SUBSTITUTE = "substitute"
    COMPLEMENTARY = "complementary"
    UNRELATED = "unrelated"


class Relation(IntEnum):
    SUBSTITUTE = 1
    REFILLED_BY = 2
    REFILLS = 3
    REQUIRES = 4
    ENHANCED_BY = 5
    ENHANCES = 6
    TOGETHER = 7
    UNRELATED = 8
    UNCLEAR = 9

    @property
    def swapped(self) -> Relation:
        """The same relation seen from the other item; an involution."""
        return _SWAPPED.get(self, self)

    @property
    def coarse(self) -> Coarse:
        if self is Relation.SUBSTITUTE:
            return Coarse.SUBSTITUTE
        return Coarse.UNRELATED if self in (Relation.UNRELATED, Relation.UNCLEAR) else Coarse.COMPLEMENTARY


_SWAPPED = {
    Relation.REFILLED_BY: Relation.REFILLS,
    Relation.REFILLS: Relation.REFILLED_BY,
    Relation.ENHANCED_BY: Relation.ENHANCES,
    Relation.ENHANCES: Relation.ENHANCED_BY,
}

DIRECTED = frozenset(_SWAPPED)
"""Relations whose two ends play different parts."""

_NAMES = {relation.name.lower(): relation for relation in Relation}


def parse(text: str) -> Relation | Coarse:
    """A class by number or name, or a coarse class by name; a number always means the nine classes.

    >>> parse("7"), parse("refills"), parse("complementary")
    (<Relation.TOGETHER: 7>, <Relation.REFILLS: 3>, <Coarse.COMPLEMENTARY: 'complementary'>)
    """
    word = text.strip().lower().replace(" ", "_").removesuffix(".0")
    if word.isdecimal() and 1 <= int(word) <= 9:
        return Relation(int(word))
    if word in _NAMES:
        return _NAMES[word]
    if word == Coarse.COMPLEMENTARY:
        return Coarse.COMPLEMENTARY
    raise DataError(
        "unknown relation", found=repr(text), remedy=f"1 to 9, or one of {', '.join(_NAMES)}, complementary"
    )


def coarse(relation: Relation | Coarse) -> Coarse:
    return relation.coarse if isinstance(relation, Relation) else relation


def swapped(relation: Relation | Coarse) -> Relation | Coarse:
    return relation.swapped if isinstance(relation, Relation) else relation
