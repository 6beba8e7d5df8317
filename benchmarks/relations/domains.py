"""Other domains: trained on people's labels of office supplies, asked about a shop's terms, and the reverse.

Ends are terms alone (no titles, no functions: the other shops have none). A shop's truth is an LLM's recorded answer
with a confidence of 4 or 5. "Itself" adds each term of the shop beside itself as a substitute, as a build does with two
items of one entity. Macro-F1 of the coarse classes beside the constant class; intervals over query items (first terms).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from benchmarks.relations.shared import Decided, Fbl, Score, draws, load_fbl, many, table
from benchmarks.shared import DATA, have
from goeswith.evaluate.studies.karl.material import Labels
from goeswith.knowledge.relation import Coarse, Relation
from goeswith.relations.classifier import Classifier, Config
from goeswith.relations.ends import End, Ends, Ints, Language
from goeswith.relations.examples import Examples, one_hot
from goeswith.relations.training import over
from goeswith.text.store import VectorStore

SEEDS = 3
SHOPS = {"amazon_beauty": "Amazon Beauty", "online_retail": "Online Retail", "complete_journey": "Complete Journey"}
CONFIDENCE = 4
MOST = 8000
"""Examples of a training."""


@dataclass(frozen=True)
class Domain:
    name: str
    pairs: list[tuple[str, str]]
    relations: list[Relation | Coarse]
    groups: list[str]
    """What is resampled together: the query item, or the first term."""

    @property
    def terms(self) -> set[str]:
        return {term for pair in self.pairs for term in pair}


def main(directory: Path, seeds: int) -> None:
    fbl = load_fbl(directory)
    if fbl is None or not have(*(f"llm_answers/relations_{name}.parquet" for name in SHOPS)):
        return
    years = [_people(fbl, labels, f"FBL{year}") for labels, year in _years(fbl)]
    shops = [_shop(name, title) for name, title in SHOPS.items()]
    world = _World.of([*years, *shops], fbl.store)
    rows = _rows(world, years[0], "people's labels", [*shops, years[1]], seeds)
    for shop in shops:
        rows += _rows(world, shop, "answers", years, seeds)
        rows += _rows(world, _with_itself(shop), "answers, itself", years, seeds)
    print(many(seeds, "seed"))
    head = ["trained on", "examples", "asked about", "pairs", "macro-F1", "constant class", "accuracy", "constant"]
    table(head, rows)


def _years(fbl: Fbl) -> list[tuple[Labels, int]]:
    return [(fbl.material.inside, 2023), (fbl.material.outside, 2024)]


def _people(fbl: Fbl, labels: Labels, name: str) -> Domain:
    """Labels on items as labels on their terms; a pair with an end that has none is left out."""
    terms = [end.entity for end in fbl.material.ends]
    rows = [row for row in range(len(labels)) if terms[labels.a[row]] and terms[labels.b[row]]]
    pairs = [(terms[labels.a[row]], terms[labels.b[row]]) for row in rows]
    return Domain(name, pairs, [labels.relation[row] for row in rows], [str(labels.query[row]) for row in rows])


def _shop(name: str, title: str) -> Domain:
    recorded = pq.read_table(DATA / f"llm_answers/relations_{name}.parquet").to_pylist()
    sure = [row for row in recorded if row["confidence"] >= CONFIDENCE]
    pairs, relations = [(row["a"], row["b"]) for row in sure], [Relation(row["label"]) for row in sure]
    return Domain(title, pairs, relations, [first for first, _ in pairs])


def _with_itself(domain: Domain) -> Domain:
    terms = sorted(domain.terms)
    same = [(term, term) for term in terms]
    relations = domain.relations + [Relation.SUBSTITUTE] * len(terms)
    return replace(domain, pairs=domain.pairs + same, relations=relations, groups=domain.groups + terms)


@dataclass(frozen=True)
class _World:
    """Every term of every domain, encoded alike."""

    row: dict[str, int]
    ends: Ends

    @classmethod
    def of(cls, domains: list[Domain], store: VectorStore) -> _World:
        terms = sorted(set().union(*(domain.terms for domain in domains)))
        ends = [End(term, term) for term in terms]
        return cls({term: row for row, term in enumerate(terms)}, Language.fit(ends).encode(ends, store))

    def labels(self, domain: Domain) -> Labels:
        a, b = (np.array([self.row[pair[side]] for pair in domain.pairs], np.int64) for side in (0, 1))
        _, query = np.unique(domain.groups, return_inverse=True)
        return Labels(np.arange(len(a)), a, b, domain.relations, query)

    def taught(self, domain: Domain, seed: int) -> Classifier:
        labels = self.labels(domain)
        rows = np.random.default_rng(seed).permutation(len(labels))[:MOST]
        nine = one_hot([labels.relation[row] for row in rows])
        sure = np.ones(len(rows))
        used, examples = over(Examples(labels.a[rows], labels.b[rows], nine, sure, sure.astype(bool)))
        return Classifier.fit(examples, self.ends.take(used), Config(seed=seed))


def _rows(world: _World, teacher: Domain, of: str, asked: list[Domain], seeds: int) -> list[list[object]]:
    labels = [world.labels(domain) for domain in asked]
    decided: list[Decided] = [[] for _ in asked]
    for seed in range(seeds):
        model = world.taught(teacher, seed)
        for place, tested in enumerate(labels):
            everything: Ints = np.arange(len(tested))
            decided[place].append((everything, model.predict(world.ends, tested.a, tested.b).coarse))
    rows = []
    for domain, tested, each in zip(asked, labels, decided, strict=True):
        drawn = draws(tested)
        score, constant = Score.of(drawn, each), Score.constant(drawn, [each[0][0]])
        size = min(MOST, len(teacher.pairs))
        figures = [score, f"{constant.values[0]:.3f}", f"{score.accuracy:.3f}", f"{constant.accuracy:.3f}"]
        rows.append([f"{teacher.name}, {of}", size, domain.name, len(tested), *figures])
    return rows
