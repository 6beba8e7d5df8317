"""From the text of a reply to answers: what is whole and on schema is taken, every other question is named as a fault.

A reply may be cut off, wrapped in a code fence, miss rows, repeat them, or hold labels of the model's own making.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from goeswith.knowledge.prompts import Prompt
from goeswith.knowledge.relation import Relation
from goeswith.knowledge.shield import BREAK, as_data, reads_like_instructions

LONGEST_TERM = 60
LONGEST_FUNCTION = 80
REASON_WORDS = 20
_TERM = re.compile(r"[a-zà-öø-ÿœ0-9][a-zà-öø-ÿœ0-9 '’&+./-]*")
_NOTHING = {"", "null", "none", "n/a", "unknown", "not a product", "no product"}
_ROW = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True, slots=True)
class Given:
    """One answer as a model gave it: an entity (None: no product) with its function, or a relation with its reason."""

    value: str | None
    detail: str
    confidence: int | None = None


class OffSchema(ValueError):
    """A row that is not an answer; says why."""


def read_reply(prompt: Prompt, text: str, questions: int) -> tuple[dict[int, Given], dict[int, str]]:
    """Answers and faults by place of the question, 0 … questions − 1; each place is in exactly one of them."""
    given: dict[int, Given] = {}
    faults: dict[int, str] = {}
    for row in _rows(text):
        place = _place(row, questions)
        if place is None:
            continue
        if place in given or place in faults:
            given.pop(place, None)
            faults[place] = "answered twice"
            continue
        try:
            given[place] = _entity(row) if prompt.kind == "entity" else _relation(row)
        except OffSchema as error:
            faults[place] = str(error)
    missing = "not in the reply" if given or faults else f"no answers in the reply: {_excerpt(text)}"
    return given, {place: faults.get(place, missing) for place in range(questions) if place not in given}


def _rows(text: str) -> Iterator[dict[str, Any]]:
    """The rows of a reply; of one that is cut off or wrapped, those that are whole."""
    try:
        rows = json.loads(text)["answers"]
    except (ValueError, TypeError, KeyError, RecursionError):
        rows = [_loads(match[0]) for match in _ROW.finditer(text)]
    if isinstance(rows, list):
        yield from (row for row in rows if isinstance(row, dict))


def _loads(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _number(value: Any) -> Any:
    """An integer that was written as text; nothing else is taken for one."""
    return int(value) if isinstance(value, str) and len(value) <= 3 and value.isdecimal() else value


def _place(row: dict[str, Any], questions: int) -> int | None:
    number = _number(row.get("id"))
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= questions:
        return None
    return number - 1


def _entity(row: dict[str, Any]) -> Given:
    if "entity" not in row or not isinstance(row["entity"], str | None):
        raise OffSchema(f"entity is {_excerpt(json.dumps(row.get('entity')))}, not a text or null")
    term = as_data(row["entity"] or "").lower().strip(" .\"'")
    if term in _NOTHING:
        return Given(None, "")
    closed = len(term) <= LONGEST_TERM and len(term.split()) <= 6 and _TERM.fullmatch(term)
    if not closed or reads_like_instructions(term):
        raise OffSchema(f"no product concept: {_excerpt(term)}")
    function = row.get("function")
    return Given(term, _text(function)[:LONGEST_FUNCTION].strip())


def _relation(row: dict[str, Any]) -> Given:
    label = str(row.get("relation")).strip().lower()
    if label not in {relation.name.lower() for relation in Relation}:
        raise OffSchema(f"no such relation: {_excerpt(label)}")
    confidence = _number(row.get("confidence"))
    if isinstance(confidence, bool) or confidence not in (1, 2, 3, 4, 5):
        raise OffSchema(f"confidence is {_excerpt(json.dumps(row.get('confidence')))}, not 1 to 5")
    return Given(label, " ".join(_text(row.get("reason")).split()[:REASON_WORDS]), int(confidence))


def _text(value: Any) -> str:
    """A remark in one line of visible characters, personal data masked; "" where it is none."""
    return " ".join(as_data(value).replace(BREAK, " ").split()) if isinstance(value, str) else ""


def _excerpt(text: str) -> str:
    shown = " ".join(text.encode("utf-8", "replace").decode().split())
    return f"'{shown[:60]}…'" if len(shown) > 60 else f"'{shown}'"
