"""What asking will take: calls, tokens, money and time, foretold and as an upper bound.

The bound holds whatever the endpoint does, as long as it keeps the cap on tokens that each request states: every first
request at its bound, and as many questions asked again, alone, as `llm.repeats` allows. Refusals (429, 5xx) cost calls,
not money.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from goeswith.knowledge.annotator import RelationQuestion
from goeswith.knowledge.ledger import Ask, Usual
from goeswith.knowledge.prices import bound, cost
from goeswith.knowledge.prompts import Prompt
from goeswith.knowledge.replies import LONGEST_TERM
from goeswith.knowledge.round import jobs, repeats
from goeswith.settings import LLM

BYTES_PER_TOKEN = 4.0
ANSWER_SHARE = 0.5
"""Of the tokens that an answer may take, what it takes in English."""
SECONDS_PER_REQUEST = 8.0
TYPICAL_TERM = 12
WIDEST = "🥤"
"""A character of four bytes, the most there are."""


@dataclass(frozen=True)
class Estimate:
    """Of one prompt. `exact` is False where the questions themselves are not known yet."""

    kind: str
    questions: int
    calls: int
    calls_bound: int
    input_tokens: int
    output_tokens: int
    money: int
    money_bound: int
    seconds: float
    measured: int
    """Answered questions on the ledger that tokens and time are foretold from; 0: from rules of thumb."""
    exact: bool = True


def estimate(prompt: Prompt, asked: Sequence[Ask], llm: LLM, usual: Usual) -> Estimate:
    """What it takes to ask these questions."""
    first = jobs(asked, llm.questions)
    again = repeats(llm, len(asked))
    alone = max((bound(llm, prompt, [ask.question]).money for ask in asked), default=0)
    firsts = sum(bound(llm, prompt, [ask.question for ask in job.asked]).money for job in first)
    input_tokens, output_tokens, seconds = _usual(usual, len(asked), len(first)) or _by_rule(prompt, asked, len(first))
    return Estimate(
        prompt.kind,
        len(asked),
        len(first),
        (len(first) + again) * (1 + llm.retries),
        input_tokens,
        output_tokens,
        cost(llm, input_tokens, output_tokens),
        firsts + again * alone,
        seconds / llm.concurrency,
        usual.questions,
    )


def estimate_pairs(prompt: Prompt, pairs: int, llm: LLM, usual: Usual, longest: int) -> Estimate:
    """What at most so many pairs take whose terms nobody knows yet; `longest` is the longest term on record."""
    size = max(LONGEST_TERM, longest)
    most = estimate(prompt, _pairs_of(WIDEST * size, pairs, llm.votes), llm, usual)
    typical = estimate(prompt, _pairs_of("x" * TYPICAL_TERM, pairs, llm.votes), llm, usual)
    return replace(typical, money_bound=most.money_bound, calls_bound=most.calls_bound, exact=False)


def _pairs_of(term: str, pairs: int, votes: int) -> list[Ask]:
    return [Ask(RelationQuestion(term, term), vote) for vote in range(1, votes + 1) for _ in range(pairs)]


def _usual(usual: Usual, questions: int, requests: int) -> tuple[int, int, float] | None:
    """Tokens in, tokens out and seconds at the mean of what the ledger holds; None where it holds nothing."""
    if not usual.questions or not usual.requests:
        return None
    share = questions / usual.questions
    seconds = requests * usual.seconds / usual.requests
    return math.ceil(usual.input_tokens * share), math.ceil(usual.output_tokens * share), seconds


def _by_rule(prompt: Prompt, asked: Sequence[Ask], requests: int) -> tuple[int, int, float]:
    overhead = len(json.dumps([prompt.messages([]), prompt.schema], ensure_ascii=False).encode()) * requests
    sent = sum(len(json.dumps(prompt.messages([ask.question])[1]).encode()) for ask in asked)
    tokens_in = math.ceil((overhead + sent) / BYTES_PER_TOKEN)
    return tokens_in, math.ceil(ANSWER_SHARE * prompt.row_tokens * len(asked)), SECONDS_PER_REQUEST * requests
