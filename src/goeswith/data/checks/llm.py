"""The live LLM: whether it can be asked, and what of the titles it should not be told together."""

from __future__ import annotations

import os
from collections.abc import Iterator

from goeswith.data.checks.shop import Finding, Level, ShopTables, share
from goeswith.knowledge.shield import reads_like_instructions

HOSTED = "https://api.openai.com"


def check(shop: ShopTables) -> Iterator[Finding]:
    titles = shop.engine.table("SELECT DISTINCT title FROM items_in WHERE title IS NOT NULL").column(0).to_pylist()
    suspicious = [title for title in titles if reads_like_instructions(title)]
    yield Finding(
        Level.WARN if suspicious else Level.PASS,
        "llm: titles",
        f"{share(len(suspicious), len(titles))} titles read like instructions",
        f"they are asked alone and kept out of training, the first: {suspicious[0][:60]!r}" if suspicious else "",
    )
    llm = shop.settings.llm
    if llm.provider != "openai":
        return
    priced = llm.model in llm.prices
    yield Finding(
        Level.PASS if priced else Level.FAIL,
        "llm: price",
        f"model '{llm.model}' {'has' if priced else 'has no'} price in [llm.prices]",
        "" if priced else "an unknown price has no bound, so it is not asked; 0 where it is free",
    )
    keyless = llm.base_url.startswith(HOSTED) and not os.environ.get(llm.api_key_env)
    yield Finding(
        Level.WARN if keyless else Level.PASS,
        "llm: key",
        f"${llm.api_key_env} is {'not set' if keyless else 'set, or not needed'}",
        "the endpoint will refuse" if keyless else "",
    )
    yield Finding(
        Level.PASS if llm.budget is not None else Level.WARN,
        "llm: budget",
        "none is set" if llm.budget is None else f"{llm.budget:.2f}",
        "nothing is asked before llm.budget is set; goeswith plan says what it takes" if llm.budget is None else "",
    )
