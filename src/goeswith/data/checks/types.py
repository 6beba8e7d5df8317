"""Can every value be read as what its column means?"""

from __future__ import annotations

from collections.abc import Iterator

from goeswith.data.checks.shop import Finding, Level, ShopTables
from goeswith.errors import GoeswithError


def check(shop: ShopTables) -> Iterator[tuple[Finding, str]]:
    for name, source in shop.tables.items():
        try:
            source.validate()
        except GoeswithError as error:
            what, _, remedy = str(error).partition("\n")
            yield Finding(Level.FAIL, f"types: {name}", what, remedy), name
        else:
            yield Finding(Level.PASS, f"types: {name}", "every value can be read"), name
