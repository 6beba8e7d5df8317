"""Which of the user's columns are ours: by name, by common other names, never by content."""

from __future__ import annotations

from pathlib import Path

from goeswith.data.readers import scan
from goeswith.data.tables import Table
from goeswith.engine import Engine
from goeswith.errors import DataError
from goeswith.settings import Build

SYNONYMS = {
    "item_id": ("itemid", "item", "productid", "product", "sku", "asin", "stockcode", "articleid", "ean", "upc", "id"),
    "title": ("name", "itemname", "productname", "producttitle", "description", "producttype"),
    "category": ("categories", "aisle", "department", "productcategory", "producttype"),
    "brand": ("manufacturer", "vendor"),
    "price": ("unitprice", "saleprice", "amount"),
    "description": ("productdescription", "longdescription"),
    "available": ("instock", "active"),
    "parent_id": ("parentid", "parent", "parentasin", "variantof", "modelid"),
    "user_id": ("userid", "user", "customerid", "customer", "householdid", "visitorid", "memberid"),
    "basket_id": (
        "basketid",
        "basket",
        "orderid",
        "order",
        "invoiceno",
        "invoice",
        "transactionid",
        "receiptid",
        "billid",
    ),
    "timestamp": (
        "time",
        "date",
        "datetime",
        "invoicedate",
        "orderdate",
        "createdat",
        "purchasedat",
        "transactiontimestamp",
    ),
    "seq": ("pos", "sequence", "ordernumber"),
    "quantity": ("qty", "count", "units"),
    "clicked": ("click", "isclick"),
    "converted": ("conversion", "purchased", "bought"),
    "position": ("rank", "slot"),
    "context_item_id": ("contextitemid", "contextitem"),
    "request_id": ("requestid", "sessionid", "impressionid"),
    "item_a": ("itema", "item1", "itemid1", "source"),
    "item_b": ("itemb", "item2", "itemid2", "target"),
    "entity_a": ("entitya", "entity1"),
    "entity_b": ("entityb", "entity2"),
    "relation": ("label", "relationship"),
    "annotator": ("annotatorid", "worker", "workerid"),
}


def guess_columns(table: Table, file: str, named: dict[str, str]) -> dict[str, str]:
    """Our column -> theirs. Raises DataError where a required column cannot be guessed."""
    found = columns_of(file)
    for ours, theirs in named.items():
        if ours not in {column.name for column in table.columns} or theirs not in found:
            raise DataError(
                f"no such column: --column {table.name}.{ours}={theirs}",
                where=file,
                found=", ".join(found),
                remedy=f"columns of {table.name}: {', '.join(column.name for column in table.columns)}",
            )
    taken: set[str] = set(named.values())
    mapping = dict(named)
    for column in table.columns:
        if column.name not in mapping and column.name in found and column.name not in taken:
            mapping[column.name] = column.name
            taken.add(column.name)
    plain = {name.lower().replace("_", "").replace(" ", "").replace("-", ""): name for name in reversed(found)}
    for column in table.columns:
        for synonym in (column.name.replace("_", ""), *SYNONYMS.get(column.name, ())):
            match = plain.get(synonym)
            if column.name not in mapping and match is not None and match not in taken:
                mapping[column.name] = match
                taken.add(match)
    missing = [column.name for column in table.columns if column.required and column.name not in mapping]
    missing += [group[0] for group in table.one_of if not any(name in mapping for name in group)]
    if missing:
        raise DataError(
            f"which column is {missing[0]}?",
            where=file,
            found=", ".join(found),
            remedy=f"say so: --column {table.name}.{missing[0]}=YOUR_COLUMN",
        )
    return {column.name: mapping[column.name] for column in table.columns if column.name in mapping}


def columns_of(file: str) -> list[str]:
    """Column names of a file or glob."""
    with Engine(Build()) as engine:
        try:
            engine.view("sample", scan(Path("."), file))
            return list(engine.table("SELECT column_name FROM (DESCRIBE sample)").column(0).to_pylist())
        except DataError as error:
            if error.what == "SQL failed":
                raise DataError("cannot read", where=file, found=error.found) from error
            raise
