"""Terms that mean the same become one entity: first by spelling, then, cautiously, by evidence.

Spelling: terms with one `term_key`, or one key without spaces ("hairband", "hair band"); the most used form names it.
Evidence: two terms are merged when they are near in meaning, label titles that look alike, are not told apart by any
one annotator run, and no recorded answer but "substitute, sure" stands between them. Neither may contain the other:
"paper cup lid" is no "paper cup". Groups are complete: every two names of an entity pass.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from goeswith.entities.terms import compact, term_key
from goeswith.knowledge.relation import Relation
from goeswith.text.encoders import unit
from goeswith.text.normalise import clean
from goeswith.text.store import VectorStore

SURE = 5
TERM_COSINE, TERM_COSINE_UNASKED = 0.6, 0.65
TITLE_COSINE, TITLE_COSINE_UNASKED = 0.75, 0.9
FEWEST_TITLES, FEWEST_TITLES_UNASKED = 5, 4
RUN_OVERLAP = 0.1


@dataclass(frozen=True, slots=True)
class Use:
    """A title that a run of an annotator gave a term."""

    term: str
    title: str
    run: int


def merge_spellings(terms: Iterable[str]) -> dict[str, str]:
    """Every raw term -> the most used form of its spelling. Repeats in `terms` count as uses."""
    uses = Counter(terms)
    groups: dict[str, list[str]] = defaultdict(list)
    for term in uses:
        groups[compact(term_key(term))].append(term)
    names = {}
    for group in groups.values():
        best = min(group, key=lambda term: (-uses[term], len(term), term))
        names.update(dict.fromkeys(group, best.strip().lower()))
    return names


def with_spellings(names: dict[str, str], terms: Iterable[str]) -> dict[str, str]:
    """`names` with further raw terms: each joins the entity of its spelling, or is one of its own."""
    known = {compact(term_key(raw)): name for raw, name in sorted(names.items())}
    out = dict(names)
    for term in sorted(set(terms) - names.keys()):
        out[term] = known.setdefault(compact(term_key(term)), term.strip().lower())
    return out


def merge_meanings(
    uses: list[Use], answers: dict[frozenset[str], list[tuple[Relation, int]]], store: VectorStore
) -> dict[str, str]:
    """Term -> the more used term it is merged into, for terms that mean the same. `answers` are those on record."""
    titles: dict[str, set[str]] = defaultdict(set)
    runs: dict[str, Counter[int]] = defaultdict(Counter)
    for use in uses:
        titles[use.term].add(clean(use.title))
        runs[use.term][use.run] += 1
    terms = sorted(titles)
    meaning = store.rows(terms)
    centroids = unit(np.stack([store.rows(sorted(titles[term])).mean(axis=0) for term in terms])) if terms else meaning
    by_term, by_title = meaning @ meaning.T, centroids @ centroids.T
    same: set[frozenset[str]] = set()
    for i, j in zip(*np.nonzero(np.triu((by_term >= TERM_COSINE) & (by_title >= TITLE_COSINE), 1)), strict=True):
        a, b = terms[i], terms[j]
        counts = (len(titles[a]), len(titles[b]))
        if (
            not _nested(a, b)
            and not _told_apart(runs[a], runs[b])
            and _alike(answers.get(frozenset((a, b)), []), counts, float(by_term[i, j]), float(by_title[i, j]))
        ):
            same.add(frozenset((a, b)))
    return _complete_groups(same, {term: len(titles[term]) for term in terms})


def _alike(recorded: list[tuple[Relation, int]], titles: tuple[int, int], by_term: float, by_title: float) -> bool:
    if any(relation is not Relation.SUBSTITUTE or sureness < SURE for relation, sureness in recorded):
        return False
    if recorded:
        return sum(titles) >= FEWEST_TITLES
    return by_term >= TERM_COSINE_UNASKED and by_title >= TITLE_COSINE_UNASKED and min(titles) >= FEWEST_TITLES_UNASKED


def _nested(a: str, b: str) -> bool:
    first, second = set(term_key(a).split()), set(term_key(b).split())
    return first <= second or second <= first


def _told_apart(a: Counter[int], b: Counter[int]) -> bool:
    """Whoever uses both terms in one run means two things by them."""
    together = sum(min(a[run], b[run]) for run in a)
    return together >= RUN_OVERLAP * min(a.total(), b.total())


def _complete_groups(same: set[frozenset[str]], uses: dict[str, int]) -> dict[str, str]:
    """Complete linkage: a term joins a group only if it passes with all of it; the most used term names the group."""
    groups: dict[str, set[str]] = {}
    for a, b in sorted((tuple(sorted(pair)) for pair in same), key=lambda pair: (-uses[pair[0]] - uses[pair[1]], pair)):
        joined = groups.get(a, {a}) | groups.get(b, {b})
        if all(frozenset(pair) in same for pair in combinations(joined, 2)):
            groups.update(dict.fromkeys(joined, joined))
    names = {term: min(group, key=lambda t: (-uses[t], t)) for term, group in groups.items()}
    return {term: name for term, name in names.items() if term != name}
