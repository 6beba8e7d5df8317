"""One round of asking: what is to be sent, what came of it, and what follows from that. Knows no wire and no clock.

A question that a reply left unanswered (cut off, malformed, missing, off schema, lost) is asked once more, alone. If
that fails too it is set aside; if no reply came at all it stays open for the next run. How many questions may be asked
again is limited (`llm.repeats`), so that what a round can cost is known before it starts.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from goeswith.errors import KnowledgeError
from goeswith.knowledge.base import Record
from goeswith.knowledge.endpoint import Attempt
from goeswith.knowledge.ledger import Ask, Ledger, Outcome, Settled, now
from goeswith.knowledge.prices import Bound, bound, cost, show
from goeswith.knowledge.prompts import Prompt
from goeswith.knowledge.replies import Given, read_reply
from goeswith.knowledge.shield import reads_like_instructions
from goeswith.settings import LLM

BUDGET_USED = "the budget is used up"
MOST_FAILURES = 4
"""Requests in a row without any reply, after which the endpoint is taken to be down."""


@dataclass(frozen=True, slots=True)
class Job:
    """Questions that stand in one request."""

    asked: tuple[Ask, ...]
    repeated: bool = False
    refusals: int = 0


@dataclass(frozen=True, slots=True)
class Filed:
    """A batch under way: its number on the ledger, its token, its name at the provider ("" unknown), request -> job."""

    number: int
    token: str
    name: str
    jobs: dict[int, Job]


@dataclass
class Report:
    """What came of asking; `left` questions are neither answered nor set aside."""

    kind: str
    wanted: int = 0
    answered: int = 0
    aside: int = 0
    calls: int = 0
    money: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    stopped: str = ""

    @property
    def left(self) -> int:
        return self.wanted - self.answered - self.aside

    def __str__(self) -> str:
        noun = "titles" if self.kind == "entity" else "pairs"
        aside = f", {self.aside:,} set aside" if self.aside else ""
        took = f"{show(self.money)} in {self.calls:,} requests"
        return f"{self.answered:,} of {self.wanted:,} {noun} answered{aside}, {took}"


def jobs(asked: Sequence[Ask], questions: int) -> list[Job]:
    """Requests of at most so many questions of one vote; titles that read like instructions go alone, last."""
    calm = [ask for ask in asked if not _suspicious(ask)]
    made = []
    for vote in sorted({ask.vote for ask in calm}):
        same = [ask for ask in calm if ask.vote == vote]
        made += [Job(tuple(same[start : start + questions])) for start in range(0, len(same), questions)]
    return made + [Job((ask,)) for ask in asked if _suspicious(ask)]


def _suspicious(ask: Ask) -> bool:
    """Whether anything in it reads like instructions: titles and categories of sellers, terms of whoever answered."""
    record = ask.record(None)
    return reads_like_instructions(record.a) or reads_like_instructions(record.b)


def filed(ledger: Ledger, source: int) -> list[Filed]:
    """Batches of earlier runs that are not settled."""
    return [
        Filed(number, token, name, {r: Job(asked, again) for r, (asked, again) in ledger.in_batch(number).items()})
        for number, token, name in ledger.batches(source)
    ]


def repeats(llm: LLM, questions: int) -> int:
    """How many questions a round may ask again: a share of them, and at least those of one request."""
    return max(math.ceil(llm.repeats * questions), min(llm.questions, questions)) if llm.repeats else 0


class Round:
    def __init__(
        self, prompt: Prompt, asked: Sequence[Ask], llm: LLM, ledger: Ledger, source: int, wanted: int = 0
    ) -> None:
        """`wanted`: questions that are under way already. `failures` counts requests in a row without any reply."""
        self.prompt, self.llm, self.ledger, self.source = prompt, llm, ledger, source
        self.queue = deque(jobs(asked, llm.questions))
        self.report = Report(prompt.kind, wanted=len(asked) + wanted)
        self._repeats = repeats(llm, len(asked) + wanted)
        self.failures = 0
        self._trusted = ledger.usual(source).requests > 0

    def reserve(self, job: Job, batch: int | None = None) -> int | None:
        """Reserve the bound of a job; None where the budget does not hold it."""
        return self.ledger.reserve(self.source, self.prompt.kind, job.asked, self.bound(job), self.llm, batch)

    def bound(self, job: Job) -> Bound:
        return bound(self.llm, self.prompt, [ask.question for ask in job.asked])

    def finish(self, job: Job, request: int, attempt: Attempt) -> Job | None:
        """Settle a request with its answers and queue what follows. A refused job comes back, to be sent later."""
        end, answers, faults = self._read(job, attempt)
        failed = [(job.asked[place], why) for place, why in sorted(faults.items())]
        aside = failed if job.repeated and attempt.end != "lost" else []
        self.ledger.settle(request, end, Outcome(answers, aside))
        self._count(end, job, len(answers), len(aside))
        if attempt.end == "fatal" or (attempt.end == "rejected" and not self._trusted):
            raise self._useless(attempt)
        if attempt.end == "answered":
            self._trusted, self.failures = True, 0
        if attempt.end == "refused" and job.refusals < self.llm.retries:
            return replace(job, refusals=job.refusals + 1)
        if attempt.end in ("refused", "lost"):
            self._fail(attempt.error)
        if not job.repeated:
            self._repeat([ask for ask, _ in failed])
        return None

    def stop(self, why: str) -> None:
        """Send nothing more; the first reason stands."""
        self.report.stopped = self.report.stopped or why
        self.queue.clear()

    def hand_over(self, other: Round) -> None:
        """Leave what is still queued to another round."""
        questions = sum(len(job.asked) for job in self.queue)
        self.report.wanted -= questions
        other.report.wanted += questions
        other.queue.extend(self.queue)
        self.queue.clear()

    def _read(self, job: Job, attempt: Attempt) -> tuple[Settled, list[Record], dict[int, str]]:
        """How the request ended, its answers, and why each other question has none."""
        if attempt.end != "answered":
            state: Literal["lost", "refused"] = "lost" if attempt.end == "lost" else "refused"
            faults = {} if attempt.end == "refused" else dict.fromkeys(range(len(job.asked)), attempt.error)
            return Settled(state, seconds=attempt.seconds, error=attempt.error), [], faults
        given, faults = read_reply(self.prompt, attempt.text, len(job.asked))
        records = [self._record(job.asked[place], answer) for place, answer in sorted(given.items())]
        error = "; ".join(sorted(set(faults.values())))[:300]
        if attempt.input_tokens is None or attempt.output_tokens is None:
            return Settled("answered", self.bound(job).money, seconds=attempt.seconds, error=error), records, faults
        money = cost(self.llm, attempt.input_tokens, attempt.output_tokens)
        end = Settled("answered", money, attempt.input_tokens, attempt.output_tokens, attempt.seconds, error)
        return end, records, faults

    def _record(self, ask: Ask, given: Given) -> Record:
        return ask.record(
            given.value,
            who=self.llm.model,
            detail=given.detail,
            confidence=given.confidence,
            prompt=self.prompt.version,
            asked_at=now(),
            live=True,
        )

    def _count(self, end: Settled, job: Job, answered: int, aside: int) -> None:
        report = self.report
        report.calls += 1
        report.money += self.bound(job).money if end.state == "lost" else end.cost
        report.input_tokens += end.input_tokens
        report.output_tokens += end.output_tokens
        report.answered += answered
        report.aside += aside

    def _repeat(self, failed: list[Ask]) -> None:
        """Queue each question alone, as many as may still be asked again; the others stay open for the next run."""
        if not self.report.stopped:
            again = failed[: self._repeats]
            self._repeats -= len(again)
            self.queue.extend(Job((ask,), repeated=True) for ask in again)

    def _fail(self, error: str) -> None:
        self.failures += 1
        if self.failures >= MOST_FAILURES:
            self.stop(f"the endpoint does not answer: {error}")

    def _useless(self, attempt: Attempt) -> KnowledgeError:
        remedy = f"check llm.base_url, llm.model and the key in ${self.llm.api_key_env}"
        if attempt.end == "rejected":
            remedy = "see llm.structure, llm.token_limit and llm.parameters in docs/settings.md"
        return KnowledgeError(
            "the LLM endpoint rejects our requests", where=self.llm.base_url, found=attempt.error, remedy=remedy
        )
