"""One protocol for whoever answers questions: recorded answers, people, a live LLM.

A question about an entity carries a title; a question about a relation carries two terms and nothing else (promise 4).
An annotator answers what it can; an empty tuple is an abstention. What it cost is told beside the answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from goeswith.knowledge.relation import Coarse, Relation


@dataclass(frozen=True, slots=True)
class EntityQuestion:
    title: str
    category: str = ""
    item_id: str = ""


@dataclass(frozen=True, slots=True)
class RelationQuestion:
    a: str
    b: str


Question = EntityQuestion | RelationQuestion


@dataclass(frozen=True, slots=True)
class Provenance:
    kind: Literal["llm", "person", "curated"]
    who: str
    """The model, or the person's annotator id."""
    prompt: str = ""
    """Version of the prompt, or the recorded file."""
    asked_at: str = ""
    """ISO 8601, UTC; when it was asked, or put on record."""


@dataclass(frozen=True, slots=True)
class EntityAnswer:
    term: str | None
    """None: not a product, or not recognisable."""
    source: Provenance
    function: str = ""


@dataclass(frozen=True, slots=True)
class RelationAnswer:
    relation: Relation | Coarse
    """Directed from the question's a to its b."""
    source: Provenance
    confidence: int | None = None
    """1 to 5, as the annotator stated it."""
    vote: int = 1
    reason: str = ""
    probability: float | None = None
    """Of a curated edge that states one."""


Answer = EntityAnswer | RelationAnswer


@dataclass(frozen=True, slots=True)
class Usage:
    """What a reply cost; all zero for answers on record."""

    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float = 0.0
    """In the currency of the user's price table."""


@dataclass(frozen=True, slots=True)
class Reply:
    answers: tuple[tuple[Answer, ...], ...]
    """One entry a question, in their order; several where it was asked several times; () = abstained."""
    usage: Usage = Usage()

    @property
    def abstained(self) -> int:
        return sum(not answers for answers in self.answers)


class Annotator(Protocol):
    name: str

    def ask(self, questions: Sequence[Question]) -> Reply:
        """Answer in the order of the questions. A relation asked as (b, a) gets the swapped answer of (a, b)."""
        ...
