"""Tokens into money. Money is counted in whole billionths of the user's currency, so that no sum ever drifts."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from goeswith.errors import SettingsError
from goeswith.knowledge.annotator import Question
from goeswith.knowledge.prompts import Prompt
from goeswith.settings import LLM, Price

UNIT = 10**9
_ENVELOPE = 64
"""Tokens that chat templates and the frame of a reply may add."""


@dataclass(frozen=True)
class Bound:
    """Most that one request may take: the endpoint holds the output, the length of what is sent bounds the input."""

    input_tokens: int
    output_tokens: int
    money: int


def price_of(llm: LLM) -> Price:
    """The user's price of the model. Raises SettingsError where the table has none: an unknown price has no bound."""
    if llm.model not in llm.prices:
        raise SettingsError(
            f"no price for model '{llm.model}'",
            where="[llm.prices]",
            found=", ".join(llm.prices) or "an empty table",
            remedy=f'add [llm.prices."{llm.model}"] with input and output per million tokens; 0 where it is free',
        )
    return llm.prices[llm.model]


def cost(llm: LLM, input_tokens: int, output_tokens: int) -> int:
    price = price_of(llm)
    factor = Fraction(str(price.batch)) if llm.mode == "batch" else Fraction(1)
    units = Fraction(str(price.input)) * input_tokens + Fraction(str(price.output)) * output_tokens
    return math.ceil(units * factor * UNIT / 1_000_000)


def bound(llm: LLM, prompt: Prompt, questions: Sequence[Question]) -> Bound:
    """A tokenizer makes at most one token of a byte; the answer is capped in the request itself."""
    sent = json.dumps([prompt.messages(questions), prompt.schema], ensure_ascii=False)
    return _bound(llm, prompt, len(sent.encode()) + _ENVELOPE, len(questions))


def _bound(llm: LLM, prompt: Prompt, input_tokens: int, questions: int) -> Bound:
    output_tokens = prompt.row_tokens * questions + _ENVELOPE + llm.reasoning_tokens
    return Bound(input_tokens, output_tokens, cost(llm, input_tokens, output_tokens))


def limit(llm: LLM) -> int | None:
    """The budget in billionths; None where none is set, and then nothing is spent."""
    return None if llm.budget is None else int(Fraction(str(llm.budget)) * UNIT)


def show(money: int) -> str:
    """Money as people read it: four digits after the point below one unit, two above."""
    value = money / UNIT
    return f"{value:,.2f}" if value >= 1 else f"{value:.4f}"
