"""Customers in a build: found by whoever has the id, shown to nobody."""

from __future__ import annotations

import string

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goeswith.data.users import user_key, write_users

IDS = ["17850", "anna@example.com", "C00376", "Zoë"]


@pytest.fixture
def users(engine, tmp_path):
    """users.parquet of these ids, numbered in this order but stored in another."""

    def users(ids: list[str]) -> pa.Table:
        rows = list(enumerate(ids))[::-1]
        values = ", ".join(f"({number}::BIGINT, '{user_id}')" for number, user_id in rows) or "(0, '')"
        where = "" if rows else " WHERE false"
        engine.keep("users", f"SELECT * FROM (VALUES {values}) AS t(user, user_id){where}")
        write_users(engine, tmp_path / "users.parquet")
        return pq.read_table(tmp_path / "users.parquet")

    return users


def test_one_row_a_customer_in_order_of_their_numbers(users):
    table = users(IDS)
    assert table["user"].to_pylist() == [0, 1, 2, 3]
    assert table["key"].to_pylist() == [user_key(user_id) for user_id in IDS]


def test_no_id_stands_in_the_file(users, tmp_path):
    users(IDS)
    content = (tmp_path / "users.parquet").read_bytes()
    assert not any(user_id.encode() in content for user_id in IDS)


def test_a_shop_without_customers_has_an_empty_table(users):
    table = users([])
    assert (table.num_rows, table.column_names) == (0, ["user", "key"])
    assert table.schema.field("key").type == pa.string()


def test_the_same_customers_are_the_same_bytes(users, tmp_path):
    users(IDS)
    first = (tmp_path / "users.parquet").read_bytes()
    users(IDS)
    assert (tmp_path / "users.parquet").read_bytes() == first


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_key_is_a_digest_whatever_the_id(user_id):
    key = user_key(user_id)
    assert len(key) == 32
    assert set(key) <= set(string.hexdigits.lower())
    assert key == user_key(user_id)


@given(st.sets(st.text(st.characters(exclude_categories=["Cs"])), max_size=20))
def test_customers_do_not_share_a_key(ids):
    assert len({user_key(user_id) for user_id in ids}) == len(ids)


def test_a_key_stays_what_it_is_from_version_to_version():
    assert user_key("17850") == "4066c6232dda561dafd01fd297d1a74f"


def test_a_build_of_the_tiny_shop_holds_keys_only(tiny):
    table = pq.read_table(tiny / "current/users.parquet")
    bought = pq.read_table(tiny / "purchases.parquet")["user_id"].drop_null().unique().to_pylist()
    assert sorted(table["key"].to_pylist()) == sorted(user_key(user_id) for user_id in bought)
