from __future__ import annotations

import pytest

from goeswith.data.guess import columns_of, guess_columns
from goeswith.data.tables import ITEMS, LABELS, PURCHASES
from goeswith.errors import DataError


def header(tmp_path, text: str) -> str:
    (tmp_path / "f.csv").write_text(f"{text}\n{','.join('1' for _ in text.split(','))}\n")
    return str(tmp_path / "f.csv")


@pytest.mark.parametrize(
    ("table", "columns", "guessed"),
    [
        (ITEMS, "item_id,title", {"item_id": "item_id", "title": "title"}),
        (
            ITEMS,
            "StockCode,Description,Unit Price",
            {
                "item_id": "StockCode",
                "title": "Description",
                "price": "Unit Price",
            },
        ),
        (ITEMS, "asin,title,description", {"item_id": "asin", "title": "title", "description": "description"}),
        (
            PURCHASES,
            "InvoiceNo,StockCode,Quantity,CustomerID,InvoiceDate",
            {
                "user_id": "CustomerID",
                "basket_id": "InvoiceNo",
                "item_id": "StockCode",
                "timestamp": "InvoiceDate",
                "quantity": "Quantity",
            },
        ),
        (PURCHASES, "order-id,product_id", {"basket_id": "order-id", "item_id": "product_id"}),
        (LABELS, "item1,item2,label", {"item_a": "item1", "item_b": "item2", "relation": "label"}),
    ],
)
def test_common_names_are_known(tmp_path, table, columns, guessed):
    assert guess_columns(table, header(tmp_path, columns), {}) == guessed


def test_what_is_named_is_not_guessed(tmp_path):
    found = guess_columns(ITEMS, header(tmp_path, "sku,name,short"), {"title": "short"})
    assert found == {"item_id": "sku", "title": "short"}


def test_one_column_serves_once(tmp_path):
    found = guess_columns(ITEMS, header(tmp_path, "sku,description"), {"title": "description"})
    assert "description" not in found


def test_a_required_column_that_cannot_be_guessed_is_asked_for(tmp_path):
    asked = r"which column is title\? .*found sku, x\)\nsay so: --column items\.title=YOUR_COLUMN"
    with pytest.raises(DataError, match=asked):
        guess_columns(ITEMS, header(tmp_path, "sku,x"), {})


def test_purchases_need_a_basket_or_a_user(tmp_path):
    with pytest.raises(DataError, match=r"which column is basket_id\?"):
        guess_columns(PURCHASES, header(tmp_path, "sku,x"), {})


def test_columns_of_a_file_that_is_not_there(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        columns_of(str(tmp_path / "none.csv"))
