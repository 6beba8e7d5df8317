"""Time and memory of a build of Online Retail, and of its answers, beside plain item cosine in scipy.

The whole command runs in a process of its own, in a fresh copy of the workspace; peak memory is that process's.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import scipy.sparse as sp

import goeswith
from benchmarks.shared import DATA, ROOT, have, seconds
from goeswith.recommend.bills import load_bills
from goeswith.recommend.recommender import Query

QUERIES = 2000
K = 20


def main() -> None:
    if not have("online_retail/online_retail.parquet", "llm_answers/entities_online_retail.parquet"):
        return
    with tempfile.TemporaryDirectory() as folder:
        shop = Path(folder) / "online_retail"
        shutil.copytree(
            ROOT / "examples" / "online_retail", shop, ignore=shutil.ignore_patterns("builds", "current", "know*")
        )
        command = [sys.executable, "-m", "goeswith", "build", str(shop), "--set", f"data.folder={DATA}"]
        for name in ("first build", "unchanged build"):
            started = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
            took = time.perf_counter() - started
            print(f"{name:<16} {took:7.1f} s   peak so far {peak:.2f} GiB   on {os.cpu_count()} cores")
        _answers(shop)


def _answers(directory: Path) -> None:
    """Baskets answered a second, reasons included, beside cosine alone on the same baskets."""
    shop = goeswith.open(directory, [f"data.folder={DATA}"])
    bills, _ = load_bills(shop.build)
    item_ids = np.array(shop.recommender.catalogue.item_id)
    order = np.argsort(bills.basket, kind="stable")
    baskets = np.split(bills.item[order], np.flatnonzero(np.diff(bills.basket[order])) + 1)
    asked = [basket[:30] for basket in baskets if len(basket) >= 3][:QUERIES]
    queries = [(str(n), Query(tuple(item_ids[basket]))) for n, basket in enumerate(asked)]
    ours = seconds(lambda: shop.recommend_bulk(queries, K))
    fit, plain = _cosine(bills.basket, bills.item, asked, len(item_ids))
    print(f"goeswith         {len(asked) / ours:7.0f} baskets/s with reasons")
    print(f"item cosine      {len(asked) / plain:7.0f} baskets/s, fitted in {fit:.1f} s")
    print(f"goeswith takes {ours / plain:.1f} times as long")


def _cosine(basket: np.ndarray, item: np.ndarray, asked: list[np.ndarray], items: int) -> tuple[float, float]:
    matrix = sp.csr_matrix((np.ones(len(item), np.float32), (basket, item)), shape=(basket.max() + 1, items))
    started = time.perf_counter()
    norm = sp.diags(1 / np.sqrt(np.maximum(np.asarray(matrix.sum(axis=0)).ravel(), 1)))
    cosine = (norm @ (matrix.T @ matrix) @ norm).tocsr()
    fitted = time.perf_counter() - started

    def answer() -> None:
        for context in asked:
            scores = np.asarray(cosine[context].sum(axis=0)).ravel()
            scores[context] = 0
            np.argpartition(-scores, K)[:K]

    return fitted, seconds(answer)
