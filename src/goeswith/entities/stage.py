"""Stage 1 as the pipeline runs it.

| artifact | one row is | columns |
|---|---|---|
| entities.parquet | an entity, by term | entity (row number), term, aliases, items, baskets, customers, function |
| item_entities.parquet | an item | item, item_id, title, entity (or null), probability, method, guess, function |
| entity_bills.parquet | an entity of a basket | basket, user, entity, time |
| linker.* | the trained linker | |
| vectors.parquet | a title or term | text, vector |

`method` is `answered` (by an annotator), `linked` (by the model), `unresolved` (below `entities.threshold`; the `guess`
is kept) or `no product` (postage, fees: never recommended). `function` is what a thing is used for, where an annotator
said so: of an item that was answered its own, else the most frequent of its entity; "" where nobody said.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

import goeswith.entities
from goeswith.engine import Engine
from goeswith.engine.duck import sql
from goeswith.entities import linker
from goeswith.entities.dictionary import group_aliases
from goeswith.entities.functions import typical_functions, used_for
from goeswith.entities.linker import NO_PRODUCT, Answered, Linker
from goeswith.entities.merging import Use, merge_meanings, merge_spellings, with_spellings
from goeswith.errors import KnowledgeError
from goeswith.knowledge.annotator import EntityAnswer, EntityQuestion
from goeswith.knowledge.base import KnowledgeBase, Record
from goeswith.knowledge.on_record import RecordedAnnotator
from goeswith.knowledge.relation import Relation, parse
from goeswith.knowledge.shield import reads_like_instructions
from goeswith.settings import LLM, Settings
from goeswith.text import store as vectors
from goeswith.text.encoders import Progress
from goeswith.text.normalise import clean
from goeswith.text.store import VectorStore

ARTIFACTS = ("entities.parquet", "item_entities.parquet", "entity_bills.parquet", vectors.ARTIFACT, *linker.ARTIFACTS)


def run(
    engine: Engine, settings: Settings, folder: Path, base: KnowledgeBase, store: VectorStore, progress: Progress
) -> dict[str, Any]:
    items = pq.read_table(folder / "items.parquet", columns=["item_id", "title", "category"]).to_pylist()
    answered, relations = base.records("entity"), base.records("relation", live=False)
    if not any(record.value for record in answered):
        raise KnowledgeError("no answers on titles, so there are no terms to build on", remedy=_remedy(settings.llm))
    asked = [term for r in relations for term, item in ((r.a, r.item_a), (r.b, r.item_b)) if not item]
    trusted = _trusted(answered)
    texts = {clean(row["title"]) for row in items} | {clean(row["category"] or "") for row in items}
    store.add(texts | {r.value for r in answered if r.value} | {clean(r.a) for r in answered} | set(asked), progress)
    names = _names(trusted, relations, asked, settings, store)
    vocabulary = sorted(set(names.values()))
    names = with_spellings(names, [r.value for r in answered if r.value])
    rows, model = _link(items, trusted, vocabulary, names, base, settings, store)
    terms = sorted(set(names.values()))
    functions = typical_functions(
        (row["entity"], row["function"]) for row in rows if not reads_like_instructions(row["title"])
    )
    for row in rows:
        row["function"] = row["function"] or functions.get(row["entity"] or row["guess"], "")
    _write(engine, folder, rows, terms, names, functions)
    model.save(folder)
    store.save(folder / vectors.ARTIFACT, texts | set(terms) | _linker_texts(model) | _uses(rows, functions))
    methods = Counter(row["method"] for row in rows)
    return {
        "items": dict(sorted(methods.items())),
        "entities": len(terms),
        "entities_with_items": len({row["entity"] for row in rows} - {None}),
        "names": len(names),
    }


def _remedy(llm: LLM) -> str:
    if llm.provider == "recorded":
        return 'name recorded answers (title, entity) in llm.recorded, or a live LLM: llm.provider = "openai"'
    if llm.budget is None:
        return "set llm.budget, without which nothing is asked; goeswith plan DIR says what it takes"
    return "see what the endpoint said: goeswith ledger show DIR"


def _trusted(answered: list[Record]) -> list[Record]:
    """Answers to learn from: not those on questions that read like instructions, which sway their own item only."""
    suspects = {text for text in {r.a for r in answered} | {r.b for r in answered} if reads_like_instructions(text)}
    return [r for r in answered if r.a not in suspects and r.b not in suspects]


def _names(
    answered: list[Record], relations: list[Record], asked: list[str], settings: Settings, store: VectorStore
) -> dict[str, str]:
    """Every raw term that is learnt from -> the term of its entity."""
    names = merge_spellings([r.value for r in answered if r.value] + sorted(set(asked)))
    if not settings.entities.merge:
        return names
    said: dict[frozenset[str], list[tuple[Relation, int]]] = defaultdict(list)
    for record in relations:
        relation = parse(record.value or "unclear")
        if not record.item_a and isinstance(relation, Relation):
            said[frozenset((names[record.a], names[record.b]))].append((relation, record.confidence or 0))
    uses = [Use(names[r.value], r.a, r.vote) for r in answered if r.value]
    merged = merge_meanings(uses, said, store)
    return {raw: merged.get(name, name) for raw, name in names.items()}


def _link(
    items: list[dict[str, Any]],
    answered: list[Record],
    vocabulary: list[str],
    names: dict[str, str],
    base: KnowledgeBase,
    settings: Settings,
    store: VectorStore,
) -> tuple[list[dict[str, Any]], Linker]:
    category = {item["item_id"]: clean(item["category"] or "") for item in items}
    known = [
        Answered(clean(r.a), category.get(r.item_a, "") or clean(r.b), names[r.value] if r.value else NO_PRODUCT)
        for r in answered
    ]
    model = Linker.fit(known, vocabulary, store)
    replies = RecordedAnnotator(base).ask(
        [EntityQuestion(i["title"], i["category"] or "", i["item_id"]) for i in items]
    )
    rows = [_answered(item, answers, names) for item, answers in zip(items, replies.answers, strict=True)]
    open_ = [place for place, row in enumerate(rows) if row["method"] == "open"]
    distinct = sorted({_question(items[place]) for place in open_})
    links = model.link([title for title, _ in distinct], [category for _, category in distinct], store)
    found = dict(zip(distinct, links, strict=True))
    for place in open_:
        link = found[_question(items[place])]
        sure = link.probability >= settings.entities.threshold
        method = "unresolved" if not sure else "linked" if link.term else "no product"
        entity = link.term if method == "linked" else None
        rows[place] |= {
            "entity": entity,
            "probability": round(link.probability, 6),
            "method": method,
            "guess": link.term,
        }
    return rows, model


def _question(item: dict[str, Any]) -> tuple[str, str]:
    return clean(item["title"]), clean(item["category"] or "")


def _answered(item: dict[str, Any], answers: tuple[Any, ...], names: dict[str, str]) -> dict[str, Any]:
    """What annotators said of the item: the most frequent of their terms, the first where they tie."""
    row = {
        "item_id": item["item_id"],
        "title": item["title"],
        "entity": None,
        "probability": 1.0,
        "method": "open",
        "guess": None,
        "function": "",
    }
    terms = Counter(names[a.term] if a.term else None for a in answers if isinstance(a, EntityAnswer))
    if terms:
        term, votes = terms.most_common(1)[0]
        row |= {
            "entity": term,
            "probability": votes / terms.total(),
            "method": "answered" if term else "no product",
            "guess": term,
            "function": next((a.function for a in answers if a.term and names[a.term] == term and a.function), ""),
        }
    return row


def _write(
    engine: Engine,
    folder: Path,
    rows: list[dict[str, Any]],
    terms: list[str],
    names: dict[str, str],
    functions: dict[str, str],
) -> None:
    number = {term: place for place, term in enumerate(terms)}
    table = pa.Table.from_pylist(
        rows,
        pa.schema(
            [
                ("item_id", pa.string()),
                ("title", pa.string()),
                ("entity", pa.string()),
                ("probability", pa.float64()),
                ("method", pa.string()),
                ("guess", pa.string()),
                ("function", pa.string()),
            ]
        ),
    )
    table = table.add_column(0, "item", pa.array(range(len(rows)), pa.int64()))
    pq.write_table(table, folder / "item_entities.parquet", compression="zstd")
    places = [(place, number[row["entity"]]) for place, row in enumerate(rows) if row["entity"] is not None]
    engine.view(
        "linked",
        pa.table(
            {
                "item": pa.array([item for item, _ in places], pa.int64()),
                "entity": pa.array([e for _, e in places], pa.int64()),
            }
        ),
    )
    engine.view("bills", folder / "bills.parquet")
    engine.write(sql(goeswith.entities, "entity_bills.sql"), folder / "entity_bills.parquet")
    engine.view("entity_bills", folder / "entity_bills.parquet")
    bought = {row["entity"]: row for row in engine.table(sql(goeswith.entities, "popularity.sql")).to_pylist()}
    items_of = Counter(entity for _, entity in places)
    aliases = group_aliases(names)
    entities = [
        {
            "entity": place,
            "term": term,
            "aliases": list(aliases[term]),
            "items": items_of[place],
            "baskets": bought.get(place, {}).get("baskets", 0),
            "customers": bought.get(place, {}).get("customers", 0),
            "function": functions.get(term, ""),
        }
        for place, term in enumerate(terms)
    ]
    pq.write_table(
        pa.Table.from_pylist(
            entities,
            pa.schema(
                [
                    ("entity", pa.int64()),
                    ("term", pa.string()),
                    ("aliases", pa.list_(pa.string())),
                    ("items", pa.int64()),
                    ("baskets", pa.int64()),
                    ("customers", pa.int64()),
                    ("function", pa.string()),
                ]
            ),
        ),
        folder / "entities.parquet",
        compression="zstd",
    )


def _uses(rows: list[dict[str, Any]], functions: dict[str, str]) -> set[str]:
    """What things are used for, alone and with their entity: the relation classifier compares these."""
    pairs = {(row["entity"] or row["guess"] or "", row["function"]) for row in rows} | set(functions.items())
    return {used_for(entity, function) for entity, function in pairs} | {clean(f) for _, f in pairs if f}


def _linker_texts(model: Linker) -> set[str]:
    """Texts whose vectors the saved linker needs when it is loaded."""
    return {a.title for a in model.answered} | {a.category for a in model.answered} | set(model.terms)
