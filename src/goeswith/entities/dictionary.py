"""The Entity Dict: which product concepts the shop has, under which names, and which items are which.

entities = EntityDict.load(build)
entities.get("tea-cups").term        # 'tea cup'
entities.resolve("cup for tea")      # None: not a name of any entity
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from goeswith.entities.terms import compact, term_key
from goeswith.errors import QueryError


@dataclass(frozen=True, slots=True)
class Entity:
    term: str
    aliases: tuple[str, ...]
    items: int
    baskets: int
    customers: int


class EntityDict:
    def __init__(self, entities: list[Entity], build: Path | None = None) -> None:
        self.entities = entities
        self._build = build
        self._by_key = {compact(term_key(alias)): e.term for e in entities for alias in e.aliases}
        self._by_key |= {compact(term_key(e.term)): e.term for e in entities}
        self._by_term = {e.term: e for e in entities}

    @classmethod
    def load(cls, build: Path) -> EntityDict:
        rows = pq.read_table(build / "entities.parquet").to_pylist()
        return cls(
            [Entity(r["term"], tuple(r["aliases"]), r["items"], r["baskets"], r["customers"]) for r in rows], build
        )

    @property
    def terms(self) -> list[str]:
        return [entity.term for entity in self.entities]

    def resolve(self, name: str) -> str | None:
        """The entity a term or alias names, in any spelling; None where there is none."""
        return self._by_key.get(compact(term_key(name)))

    def get(self, name: str) -> Entity:
        """The entity of that name; raises QueryError, with near names, where there is none."""
        term = self.resolve(name)
        if term is None:
            word = term_key(name)
            near = [e.term for e in self.ranked() if word and (word in e.term or e.term in word)][:5]
            remedy = f"near: {', '.join(near)}" if near else "look with: goeswith entities search DIR TEXT"
            raise QueryError("no such entity", found=name, remedy=remedy)
        return self._by_term[term]

    def ranked(self) -> list[Entity]:
        """Most popular first."""
        return sorted(self.entities, key=lambda e: (-e.baskets, -e.items, e.term))

    def resolver(self) -> Callable[[str, str], str | None]:
        """(term or title, item id) -> entity, for answers on record: an item of the catalogue means its entity."""
        by_item = dict(self._linked("item_id", "entity"))

        def resolve(name: str, item_id: str) -> str | None:
            return by_item.get(item_id) if item_id else self.resolve(name)

        return resolve

    def items_of(self, term: str) -> list[tuple[str, str, float, str]]:
        """(item id, title, probability, method) of an entity's items, surest first."""
        rows = self._linked("item_id", "title", "probability", "method", filters=[("entity", "==", term)])
        return sorted(rows, key=lambda row: (-row[2], row[0]))

    def by_title(self, key: Callable[[str], str]) -> dict[str, tuple[str | None, float, str]]:
        """(entity, probability, method) of the catalogue's titles under their `key`."""
        rows = self._linked("title", "entity", "probability", "method")
        return {key(title): (entity, probability, method) for title, entity, probability, method in rows}

    def unresolved(self) -> list[tuple[str, str, str, float]]:
        """(item id, title, best guess, probability) of the titles without an entity, most doubtful last."""
        rows = self._linked("item_id", "title", "guess", "probability", filters=[("method", "==", "unresolved")])
        return sorted(rows, key=lambda row: (-row[3], row[0]))

    def _linked(self, *columns: str, filters: list[tuple[str, str, str]] | None = None) -> list[tuple]:  # type: ignore[type-arg]
        assert self._build is not None
        table = pq.read_table(self._build / "item_entities.parquet", columns=list(columns), filters=filters)
        return list(zip(*(table[name].to_pylist() for name in columns), strict=True))


def group_aliases(canonical: dict[str, str]) -> dict[str, tuple[str, ...]]:
    """term -> its other names, from name -> term."""
    aliases: dict[str, set[str]] = defaultdict(set)
    for name, term in canonical.items():
        aliases[term] |= {name} - {term}
    return {term: tuple(sorted(names)) for term, names in sorted(aliases.items())}
