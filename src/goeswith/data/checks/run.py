"""All checks in the order a reader wants them: can it be read, is it clean, what can be built from it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from goeswith.data.checks import baskets, duplicates, joins, labels, llm, needs, returns, schema, times, types, variants
from goeswith.data.checks.shop import Finding, Level, ShopTables
from goeswith.data.prepare import search_path
from goeswith.engine import Engine
from goeswith.settings import Settings

CLEANLINESS = (duplicates, joins, times, returns, baskets, variants, labels)


def run_checks(settings: Settings, directory: Path) -> Iterator[Finding]:
    """Findings as they are made; checks of a table that cannot be read are left out."""
    with Engine(settings.build, search_path(settings, directory)) as engine:
        tables, findings = schema.open_tables(engine, settings, directory)
        yield from findings
        shop = ShopTables(engine, settings, tables)
        broken = set()
        for finding, table in types.check(shop):
            yield finding
            if finding.level is Level.FAIL:
                broken.add(table)
        shop = ShopTables(engine, settings, {name: source for name, source in tables.items() if name not in broken})
        if "items" in shop.tables:
            for check in CLEANLINESS:
                yield from check.check(shop)
            yield from llm.check(shop)
            yield from needs.check(shop, directory)
