"""Relations in words that a merchandiser reads."""

from __future__ import annotations

from goeswith.knowledge.relation import Relation

_PHRASES = {
    Relation.SUBSTITUTE: "{a} and {b} do the same job",
    Relation.REFILLED_BY: "{a} is refilled with {b}",
    Relation.REFILLS: "{a} refills {b}",
    Relation.REQUIRES: "{a} and {b} need each other to be usable",
    Relation.ENHANCED_BY: "{b} makes {a} more useful",
    Relation.ENHANCES: "{a} makes {b} more useful",
    Relation.TOGETHER: "{a} and {b} are used together",
    Relation.UNRELATED: "{a} and {b} have nothing to do with each other",
    Relation.UNCLEAR: "{a} and {b} seem related, hard to say how",
}


def phrase(relation: Relation, a: str, b: str) -> str:
    """The relation from a to b as a clause.

    >>> phrase(Relation.REFILLS, "lamp oil", "oil lamp")
    'lamp oil refills oil lamp'
    """
    return _PHRASES[relation].format(a=a, b=b)
