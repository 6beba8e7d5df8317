"""Asking about 1,000 titles: requests, tokens, money and time, beside one title a request in a plain loop.

Both talk to the same local server over HTTP, which answers each request after 50 ms and counts four bytes as a token;
so the ratios show what several questions a request and the ledger change, not how fast any model is.
"""

from __future__ import annotations

import json
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.shared import ROOT, seconds
from goeswith.knowledge import prices
from goeswith.knowledge.annotator import EntityQuestion
from goeswith.knowledge.base import KnowledgeBase
from goeswith.knowledge.endpoint import Endpoint
from goeswith.knowledge.ledger import Usual
from goeswith.knowledge.live import LiveAnnotator
from goeswith.knowledge.plan import estimate
from goeswith.knowledge.prompts import ENTITY
from goeswith.settings import LLM, Price
from goeswith.simulate.world import load

sys.path.insert(0, str(ROOT / "tests"))
from llm_server import INPUT_PRICE, OUTPUT_PRICE, FakeLLM

TITLES = 1000


def main() -> None:
    questions = [EntityQuestion(title) for title in load().title[:TITLES]]
    with FakeLLM(fate="slow", stall=0.05) as server, tempfile.TemporaryDirectory() as folder:
        llm = LLM(
            provider="openai",
            base_url=server.url,
            model="local",
            budget=100.0,
            prices={"local": Price(input=INPUT_PRICE, output=OUTPUT_PRICE)},
        )
        with KnowledgeBase.open(Path(folder) / "knowledge.sqlite") as base:
            annotator = LiveAnnotator(base, llm)
            foretold = estimate(ENTITY, annotator.open(ENTITY, questions), llm, Usual())
            took = seconds(lambda: annotator.ask(questions))
            again = seconds(lambda: annotator.ask(questions))
        ours = _line("goeswith, 20 a request", server, took)
        print(f"{'  forecast':<26}{foretold.calls:>9}{'':>20}{prices.show(foretold.money):>10}")
        print(f"{'  upper bound':<26}{foretold.calls_bound:>9}{'':>20}{prices.show(foretold.money_bound):>10}")
        print(f"{'  the same again':<26}{0:>9}{0:>20}{0:>10}{again:>9.1f} s")
        server.served.clear()
        endpoint = Endpoint(llm.model_copy(update={"questions": 1}))
        with ThreadPoolExecutor(llm.concurrency) as pool:
            took = seconds(lambda: list(pool.map(lambda question: _alone(endpoint, question), questions)))
        alone = _line("one a request, plain loop", server, took)
        print(f"money ÷ {alone[0] / ours[0]:.1f}, time ÷ {alone[1] / ours[1]:.1f}")


def _alone(endpoint: Endpoint, question: EntityQuestion) -> str:
    body = endpoint.body(ENTITY, [question])
    reply = endpoint.client.chat.completions.create(**body)
    return str(json.loads(reply.choices[0].message.content or "{}")["answers"][0]["entity"])


def _line(name: str, server: FakeLLM, took: float) -> tuple[float, float]:
    tokens = sum(sum(served.tokens) for served in server.served)
    print(f"{name:<26}{len(server.served):>9}{tokens:>14,} tokens{server.bill:>9.4f}{took:>9.1f} s")
    return server.bill, took
