"""Are the files there, can they be opened, do they have the columns?"""

from __future__ import annotations

from pathlib import Path

from goeswith.data.checks.shop import Finding, Level
from goeswith.data.readers import Source, open_table
from goeswith.data.tables import TABLES
from goeswith.engine import Engine
from goeswith.errors import GoeswithError
from goeswith.settings import Settings


def open_tables(engine: Engine, settings: Settings, directory: Path) -> tuple[dict[str, Source], list[Finding]]:
    tables: dict[str, Source] = {}
    findings: list[Finding] = []
    for table in TABLES.values():
        try:
            source = open_table(engine, table, settings.data, directory)
            rows = 0 if source is None else source.count()
        except GoeswithError as error:
            what, _, remedy = str(error).partition("\n")
            findings.append(Finding(Level.FAIL, f"schema: {table.name}", what, remedy))
            continue
        if source is None:
            if table.name == "items":
                findings.append(
                    Finding(
                        Level.FAIL,
                        "schema: items",
                        "no catalogue is named",
                        'nothing can be built; set [data] items = "FILE"',
                    )
                )
            continue
        tables[table.name] = source
        absent = [column.name for column in table.columns if not source.has(column.name)]
        findings.append(
            Finding(
                Level.PASS,
                f"schema: {table.name}",
                f"{rows:,} rows in {source.where}",
                f"not given: {', '.join(absent)}" if absent else "",
            )
        )
    return tables, findings
