"""Promise 3 with canaries: bills, user ids and secrets reach no LLM, no log, no export and no artifact.

A shop whose bills carry customers in every column is built live, to the end, and used by every command that prints or
writes; then everything that was sent, printed or left on disk is searched.
"""

from __future__ import annotations

import contextlib
import csv
import io
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import live_shop
import tiny_shop
from goeswith.cli import main
from goeswith.data.users import user_key
from goeswith.errors import DataError
from goeswith.pipeline import build
from goeswith.workspace import Workspace
from llm_server import FakeLLM

KEY = "sk-canary-5e1f00d-d0-not-tell"
CANARIES = {
    "user_id": "kdnr-quokka-{}",
    "basket_id": "bon-wombat-{}",
    "customer_name": "Zebulon Quaggafield {}",
    "email": "numbat.{}@canary.example",
    "phone": "+44 7700 9{:05d}",
    "street": "{} Bandicoot Crescent",
    "card_number": "4556 7375 8{:03d} 9855",
    "voucher": "VOUCHER-POTOROO-{}",
    "cashier": "Wilhelmina Bettong {}",
    "note": "leave it with Mrs Dunnart, flat {}",
}
"""Column of the bills -> what stands in it, numbered by customer (basket_id: by basket)."""
TOKENS = (
    "quokka", "wombat", "Zebulon", "Quaggafield", "numbat", "canary.example", "+44 7700", "7700 9", "77009",
    "Bandicoot", "4556 7375", "45567375", "POTOROO", "Wilhelmina", "Bettong", "Dunnart",
)  # fmt: skip
"""One in each of them, whatever the number; read without case."""


USER = CANARIES["user_id"].format(1)
COMMANDS = f"""
check DIR
evaluate DIR
recommend DIR --user {USER}
recommend DIR --user {USER} --out DIR/out/recommended.csv
ledger show DIR
ledger export DIR --out DIR/out/answers
graph show DIR teapot
graph export DIR --out DIR/out/edges.parquet
graph export DIR --out DIR/out/edges.graphml
entities list DIR
""".strip().splitlines()


@dataclass(frozen=True)
class Shop:
    folder: Path
    llm: FakeLLM
    printed: dict[str, str]
    """Command -> what it wrote to stdout and stderr."""


def bills() -> list[dict[str, object]]:
    """The tiny shop's purchases as a till would export them; a fifth of them is of nobody."""
    rows: list[dict[str, object]] = []
    for row in tiny_shop.purchases():
        customer = int(row["user_id"][1:]) if row["user_id"] else 99
        filled = {column: text.format(customer) for column, text in CANARIES.items()}
        filled["user_id"] = filled["user_id"] if row["user_id"] else None
        filled["basket_id"] = CANARIES["basket_id"].format(row["basket_id"])
        rows.append({**row, **filled, "price": 1.5})
    return rows


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Built live with the API key in the environment, and every command that tells something was run."""
    folder = tmp_path_factory.mktemp("privacy") / "shop"
    with FakeLLM(answer=live_shop.truth) as llm, pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAKE_LLM_KEY", KEY)
        llm.plan = ["ok", "429", "not json"]  # what fails is told too
        live_shop.write(folder, llm.url, repeats=1.0)
        pq.write_table(pa.Table.from_pylist(bills()), folder / "purchases.parquet")
        (folder / "out").mkdir()
        printed = {"plan": run(patch, "plan", folder, "--sample", 2)}
        with contextlib.closing(sqlite3.connect(folder / "knowledge.sqlite")) as reader:
            reader.execute("SELECT count(*) FROM answer").fetchone()  # who reads keeps the -wal file
            command = [sys.executable, "-m", "goeswith", "build", str(folder)]
            built = subprocess.run(command, capture_output=True, text=True, check=True)
            printed["build"] = built.stdout + built.stderr
            for line in COMMANDS:
                words = [word.replace("DIR", str(folder)) for word in line.split()]
                printed[line] = run(patch, *words)
            yield Shop(folder, llm, printed)


def run(patch: pytest.MonkeyPatch, *arguments: object) -> str:
    """What a command prints, run in this process."""
    patch.setattr(sys, "argv", ["goeswith", *map(str, arguments)])
    told = io.StringIO()
    with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told), contextlib.suppress(SystemExit):
        main()
    assert "error:" not in told.getvalue(), told.getvalue()
    return told.getvalue()


def left_behind(folder: Path) -> list[Path]:
    """Every file of the workspace but the shop's own bills."""
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "purchases.parquet"]


def text_of(path: Path) -> str:
    """The bytes of a file, of a Parquet file also its columns and metadata, uncompressed; of a model's trees all but
    the decimal fractions, whose digits are no telephone number."""
    text = path.read_bytes().decode("latin-1")
    if path.name in ("ranker.txt", "linker.txt"):
        text = re.sub(r"\d+\.\d+(e[-+]?\d+)?", " ", text)
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        text += f"{table.to_pydict()}{table.schema}{table.schema.metadata}"
    return text


def told(text: str) -> list[str]:
    return [token for token in TOKENS if token.lower() in text.lower()]


def test_the_canaries_are_in_the_bills_and_would_be_found(shop: Shop) -> None:
    assert set(TOKENS) - set(told(text_of(shop.folder / "purchases.parquet"))) == {"77009", "45567375"}
    assert len(bills()[0].keys() & CANARIES.keys()) == 10


def test_no_request_carries_a_bill(shop: Shop) -> None:
    assert len(shop.llm.served) > 20
    assert told(b"".join(shop.llm.raw).decode()) == []


def test_a_request_carries_nothing_but_titles_and_terms(shop: Shop) -> None:
    asked = {row for served in shop.llm.served for row in served.rows}
    terms = {item.entity for item in tiny_shop.ITEMS} - {None}
    titles = {item.name for item in tiny_shop.ITEMS}
    assert all(row in titles or set(row.split("|")) <= terms for row in asked)


def test_no_file_of_the_workspace_tells_of_a_customer(shop: Shop) -> None:
    files = left_behind(shop.folder)
    found = {path.name for path in files}
    assert {
        "knowledge.sqlite",
        "knowledge.sqlite-wal",
        "report.html",
        "manifest.json",
        "users.parquet",
        "edges.graphml",
    } <= found
    assert {path: told(text_of(path)) for path in files if told(text_of(path))} == {}


def test_nothing_that_is_printed_tells_of_a_customer(shop: Shop) -> None:
    assert {command: told(text) for command, text in shop.printed.items() if told(text)} == {}


def test_customers_stand_in_a_build_as_digests_alone(shop: Shop) -> None:
    keys = set(pq.read_table(shop.folder / "current/users.parquet")["key"].to_pylist())
    assert keys == {user_key(row["user_id"]) for row in bills() if row["user_id"]}


def test_whoever_has_the_id_still_gets_recommendations(shop: Shop) -> None:
    assert sum(item.name in shop.printed[f"recommend DIR --user {USER}"] for item in tiny_shop.ITEMS) >= 20
    assert (shop.folder / "out/recommended.csv").read_text().count("\n") == 21


def test_the_api_key_is_sent_to_the_endpoint_and_stands_nowhere_else(shop: Shop) -> None:
    assert KEY.encode() in b"".join(shop.llm.raw)
    assert [path for path in left_behind(shop.folder) if KEY in text_of(path)] == []
    assert [command for command, text in shop.printed.items() if KEY in text] == []


@pytest.mark.parametrize(
    "mangle",
    [lambda line: line.replace(",", ',"', 1), lambda line: f"{line},x", lambda line: f"{line}\udcff"],
    ids=["an open quote", "a column too many", "no UTF-8"],
)
def test_a_bill_that_cannot_be_read_is_not_shown(tmp_path: Path, mangle: Callable[[str], str]) -> None:
    lines = as_csv(bills()).splitlines()
    lines[500] = mangle(lines[500])
    assert told(refusal(tmp_path, "\n".join(lines))) == []


def test_bills_without_a_header_are_not_shown(tmp_path: Path) -> None:
    assert told(refusal(tmp_path, as_csv(bills()).partition("\n")[2])) == []


def as_csv(rows: list[dict[str, object]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def refusal(folder: Path, purchases: str) -> str:
    """What is said of a file of purchases that is no good."""
    shop = tiny_shop.write(folder / "shop")
    (shop / "purchases.csv").write_text(purchases, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(DataError) as raised:
        build(Workspace(shop, ["data.purchases=purchases.csv"]), "data")
    return str(raised.value)
