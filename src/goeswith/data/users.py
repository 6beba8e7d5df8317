"""Customers in a build: known by a digest of their id, so that no artifact shows who they are.

Whoever has the ids can still find a customer again, which is what serving needs; short ids can be found by trying all.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from goeswith.engine import Engine


def user_key(user_id: str) -> str:
    """What stands for a user id in a build.

    >>> user_key("17850") == user_key("17850") != user_key("17851")
    True
    """
    return hashlib.sha256(f"goeswith user {user_id}".encode()).hexdigest()[:32]


def write_users(engine: Engine, path: Path) -> None:
    """users.parquet of the engine's table `users`."""
    users = engine.table("SELECT user, user_id FROM users ORDER BY user")
    keys = [user_key(user_id) for user_id in users["user_id"].to_pylist()]
    pq.write_table(pa.table({"user": users["user"], "key": pa.array(keys, pa.string())}), path, compression="zstd")
