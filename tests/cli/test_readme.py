"""The README's five commands, executed as they stand there, against a real HTTP server in the LLM's place."""

from __future__ import annotations

import csv
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pyarrow.csv
import pyarrow.parquet as pq

import tiny_shop
from llm_server import FakeLLM

README = Path(__file__).parents[2] / "README.md"


def commands() -> list[str]:
    section = README.read_text(encoding="utf-8").split("## Your own shop in five commands")[1]
    block = re.search(r"```console\n(.*?)```", section, re.DOTALL)
    assert block is not None
    return [line.removeprefix("$ ") for line in block[1].splitlines()]


def own_shop(folder: Path) -> None:
    """What a newcomer has: a catalogue and bills, as CSV."""
    with (folder / "catalogue.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("item_id", "title"))
        writer.writerows((item.sku, item.name) for item in tiny_shop.ITEMS)
    tiny_shop.write(folder / "source")
    bills = pq.read_table(folder / "source" / "purchases.parquet")
    pyarrow.csv.write_csv(bills, folder / "bills.csv")


def test_the_five_commands_lead_to_recommendations(tmp_path: Path) -> None:
    own_shop(tmp_path)
    program = Path(sys.executable).with_name("goeswith")
    assert len(commands()) == 5
    with FakeLLM() as llm:
        environment = os.environ | {"GOESWITH_LLM__BASE_URL": llm.url, "OPENAI_API_KEY": "none"}
        told = []
        for command in commands():
            words = shlex.split(command)
            assert words[0] == "goeswith"
            ran = subprocess.run(
                [program, *words[1:]], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
            )
            assert ran.returncode == 0, f"{command}\n{ran.stderr}"
            told.append(ran.stdout)
    plan, build, recommended = told[2:]
    assert "at most" in plan
    assert "titles answered" in build
    assert recommended.count("took both") + recommended.count("often hold") + recommended.count("use") >= 5
    assert (tmp_path / "myshop" / "current" / "report.html").is_file()
