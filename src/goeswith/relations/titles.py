"""From titles to ends: a title of the catalogue means its item, any other is linked to an entity of the build."""

from __future__ import annotations

from collections.abc import Iterable

from goeswith.entities.linker import Linker
from goeswith.relations.ends import End
from goeswith.relations.known import Known
from goeswith.text.normalise import clean, title_key
from goeswith.text.store import VectorStore


class Titles:
    def __init__(self, known: Known, linker: Linker, store: VectorStore) -> None:
        self._known, self._linker, self._store = known, linker, store
        items = [known.ends[row] for row in known.by_item.values()]
        self._by_title = {title_key(item.title): item for item in reversed(items)}

    def item(self, item_id: str) -> End | None:
        row = self._known.by_item.get(item_id)
        return None if row is None else self._known.ends[row]

    def ends(self, titles: Iterable[str]) -> dict[str, End]:
        """title -> end; an unknown title gets its likeliest entity, however doubtful, and what that is used for."""
        asked = set(titles)
        found = {title: self._by_title[key] for title in asked if (key := title_key(title)) in self._by_title}
        new = sorted(asked - found.keys())
        links = self._linker.link([clean(title) for title in new], [""] * len(new), self._store) if new else []
        for title, link in zip(new, links, strict=True):
            row = self._known.by_term.get(link.term or "")
            found[title] = End(title, link.term or "", "" if row is None else self._known.ends[row].function)
        return found
