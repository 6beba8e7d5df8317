"""The classifier as one asks it: how do these two things relate?

relater = Relater.load(build, store)
relater.tell([End("Philips Senseo", "coffee machine")], [End("Douwe Egberts pads", "coffee pad")]).p_coarse
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from goeswith.knowledge.relation import DIRECTED, Coarse, Relation
from goeswith.relations import saved
from goeswith.relations.classifier import Classifier, Told
from goeswith.relations.ends import End, Language
from goeswith.relations.examples import COARSE
from goeswith.text.store import VectorStore

P_COARSE = [f"p_{coarse}" for coarse in COARSE]


class Relater:
    def __init__(self, model: Classifier, language: Language, store: VectorStore) -> None:
        self._model, self._language, self._store = model, language, store

    @classmethod
    def load(cls, build: Path, store: VectorStore) -> Relater:
        """Raises WorkspaceError where the build has no classifier."""
        return cls(*saved.load(build), store)

    def tell(self, first: Sequence[End], second: Sequence[End]) -> Told:
        """What the classifier says of each pair, directed from `first` to `second`; each end is encoded once, in an
        order that does not depend on which of a pair stands first."""
        if not first:
            return Told(np.zeros((0, len(Relation))), np.zeros(0, np.int64))
        distinct = sorted({*first, *second}, key=lambda end: (end.title, end.entity, end.function, end.category))
        rows = {end: row for row, end in enumerate(distinct)}
        a, b = (np.array([rows[end] for end in ends], np.int64) for ends in (first, second))
        return self._model.predict(self._language.encode(distinct, self._store), a, b)


def as_rows(told: Told) -> list[dict[str, Any]]:
    """relation, coarse, p_substitute …, p1 … p9 of each pair; the relation is the likeliest of the coarse class."""
    rows = []
    for nine, by_coarse, place in zip(told.nine, told.p_coarse, told.coarse, strict=True):
        coarse = COARSE[place]
        row: dict[str, Any] = {"relation": _likeliest(nine, coarse).name.lower(), "coarse": str(coarse)}
        row |= {name: float(p) for name, p in zip(P_COARSE, by_coarse, strict=True)}
        rows.append(row | {f"p{number}": float(p) for number, p in enumerate(nine, start=1)})
    return rows


def _likeliest(nine: NDArray[np.float64], coarse: Coarse) -> Relation:
    """Of the relations of a coarse class. One that is as likely the other way round is none: (b, a) must agree."""
    named = [r for r in Relation if r.coarse is coarse and (r not in DIRECTED or nine[r - 1] > nine[r.swapped - 1])]
    return max(named, key=lambda r: nine[r - 1])
