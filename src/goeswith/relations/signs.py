"""Signs of how two things relate, as numbers that do not change when the ends are swapped.

    signs(ends, a, b)       # float32, shape (pairs, len(NAMES))

Cosines of what the ends mean and how they are spelled; whether one's words stand in the other's use ("pen" in "refill a
pen"); whether one is a part, a supply or a container of the other by the grammar of its term; likeness of titles and
categories; what is bought together. Few enough to be learned from some hundred labels, and to carry over to product
worlds never labelled.
"""

from __future__ import annotations

import re
from collections.abc import Collection

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from goeswith.relations.ends import Ends, Floats, Ints

NAMES = (
    "cosine of entities", "cosine of uses", "cosine of functions", "cosine of titles",
    "entity to function, nearer", "entity to function, farther", "entity to function, difference",
    "words of entities", "words of functions", "words of both", "characters of titles",
    "same entity", "same function", "same head", "same verb", "same object",
    "entities overlap", "functions overlap", "entity in entity", "function in function",
    "entity in function", "head in function", "entity within entity", "head modifies",
    "one refills", "both refill", "one is a part", "both are parts",
    "titles begin alike", "titles overlap", "one title refills", "both titles refill",
    "same category", "categories overlap", "bought together",
)  # fmt: skip
REFILLS = frozenset("refill replacement cartridge spare".split())
PARTS = REFILLS | frozenset(
    "ink lead core case cover holder stand cap lid blade battery filter bag box tray dispenser cleaner tank pad part "
    "attachment adapter cable container bottle paper sheet tape label film".split()
)
"""Nouns whose things are mostly bought for another thing: to fill, hold, cover or feed it."""
_REFILL_TITLE = re.compile(r"refill|replacement|\bspare\b|詰め?替|替え?芯|付替|つめかえ|リフィル|交換|用")
_TITLE_WORDS = re.compile(r"[^\s/()【】,・]+")
LONGEST_PREFIX = 12


def signs(ends: Ends, a: Ints, b: Ints) -> Floats:
    """Float32, shape (pairs, len(NAMES)); signs(ends, a, b) == signs(ends, b, a)."""
    return np.hstack([_cosines(ends, a, b), _overlaps(ends, a, b)])


def _cosines(ends: Ends, a: Ints, b: Ints) -> Floats:
    meant = [_dot(vectors[a], vectors[b]) for vectors in ends.meanings]
    across, back = _dot(ends.entity[a], ends.function[b]), _dot(ends.function[a], ends.entity[b])
    crossed = [np.maximum(across, back), np.minimum(across, back), np.abs(across - back)]
    both = sp.hstack([ends.entity_words, ends.function_words], "csr") * np.float32(0.5**0.5)
    spelled = [_sparse_dot(rows, a, b) for rows in (ends.entity_words, ends.function_words, both, ends.characters)]
    return np.stack([*meant, *crossed, *spelled], axis=1).astype(np.float32)


def _dot(x: Floats, y: Floats) -> NDArray[np.float32]:
    return np.asarray(np.einsum("nd,nd->n", x, y), np.float32)


def _sparse_dot(rows: sp.csr_matrix, a: Ints, b: Ints) -> Floats:
    return np.asarray(rows[a].multiply(rows[b]).sum(axis=1), np.float32).ravel()


def _overlaps(ends: Ends, a: Ints, b: Ints) -> Floats:
    out = np.zeros((len(a), len(NAMES) - 11), np.float32)
    titles = [set(_TITLE_WORDS.findall(title)) for _, _, title, _ in ends.words]
    for place, (first, second) in enumerate(zip(a.tolist(), b.tolist(), strict=True)):
        out[place] = (
            *_of_words(ends, first, second),
            *_of_titles(ends.words[first][2], ends.words[second][2], titles[first], titles[second]),
            *_of_categories(ends.words[first][3], ends.words[second][3]),
            _bought(ends, first, second),
        )
    return out


def _of_words(ends: Ends, first: int, second: int) -> tuple[float, ...]:
    x, f, _, _ = ends.words[first]
    y, g, _, _ = ends.words[second]
    terms, others, uses, other_uses = set(x), set(y), set(f), set(g)
    head, other_head = set(x[-1:]), set(y[-1:])
    refills = bool(terms & REFILLS) + bool(others & REFILLS)
    parts = bool(terms & PARTS) + bool(others & PARTS)
    return (
        x == y, bool(f) and f == g, head == other_head, bool(f) and f[:1] == g[:1], bool(f) and f[-1:] == g[-1:],
        _jaccard(terms, others), _jaccard(uses, other_uses), _contained(terms, others), _contained(uses, other_uses),
        max(_share(terms, other_uses), _share(others, uses)), bool(head & other_uses) or bool(other_head & uses),
        terms < others or others < terms, head != other_head and (bool(head & others) or bool(other_head & terms)),
        refills == 1, refills == 2, parts == 1, parts == 2,
    )  # fmt: skip


def _of_titles(title: str, other: str, words: Collection[str], others: Collection[str]) -> tuple[float, ...]:
    refills = bool(_REFILL_TITLE.search(title)) + bool(_REFILL_TITLE.search(other))
    return (_prefix(title, other) / LONGEST_PREFIX, _jaccard(words, others), refills == 1, refills == 2)


def _of_categories(category: str, other: str) -> tuple[float, ...]:
    """Categories may be paths or unordered lists: their parts are compared."""
    if not category or not other:
        return (0.0, 0.0)
    return (category == other, _jaccard(set(re.split(r"[|>/,]", category)), set(re.split(r"[|>/,]", other))))


def _bought(ends: Ends, first: int, second: int) -> float:
    a, b = ends.ends[first].entity, ends.ends[second].entity
    return ends.together.get((min(a, b), max(a, b)), 0.0)


def _jaccard(x: Collection[str], y: Collection[str]) -> float:
    return len(set(x) & set(y)) / max(1, len(set(x) | set(y)))


def _contained(x: Collection[str], y: Collection[str]) -> float:
    """Share of the shorter list of words that stands in the other."""
    return max(_share(x, y), _share(y, x))


def _share(x: Collection[str], y: Collection[str]) -> float:
    return len(set(x) & set(y)) / max(1, len(set(x)))


def _prefix(title: str, other: str) -> int:
    """Characters that two titles begin with alike, up to LONGEST_PREFIX."""
    for place, (x, y) in enumerate(zip(title[:LONGEST_PREFIX], other[:LONGEST_PREFIX], strict=False)):
        if x != y:
            return place
    return min(len(title), len(other), LONGEST_PREFIX)
