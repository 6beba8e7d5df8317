"""The annotator that asks a live LLM: cached by the ledger, within the budget, several requests in flight.

    annotator = LiveAnnotator(base, settings.llm, progress)
    reply = annotator.ask([EntityQuestion("RED RETROSPOT TEACUP")])   # what is on the ledger is not asked again

Workers only send; every line of the ledger is written by the thread that asks, so that a kill at any point leaves whole
answers and reservations behind, nothing else. On Ctrl-C what is in flight is awaited and stored.
"""

from __future__ import annotations

import contextlib
import heapq
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from goeswith.errors import KnowledgeError
from goeswith.knowledge.annotator import EntityQuestion, Question, RelationQuestion, Reply, Usage
from goeswith.knowledge.base import KnowledgeBase
from goeswith.knowledge.batch import ask_in_batches, fetch
from goeswith.knowledge.endpoint import Attempt, Endpoint
from goeswith.knowledge.ledger import Ask, Ledger, Usual
from goeswith.knowledge.on_record import RecordedAnnotator
from goeswith.knowledge.prices import UNIT, price_of
from goeswith.knowledge.prompts import ENTITY, PROMPTS, RELATION, Prompt
from goeswith.knowledge.round import BUDGET_USED, Job, Report, Round, filed
from goeswith.settings import LLM, Settings

LONGEST_WAIT = 120.0
Progress = Callable[[Report], None]


class LiveAnnotator:
    def __init__(self, base: KnowledgeBase, llm: LLM) -> None:
        price_of(llm)
        self.name = llm.model
        self.reports: list[Report] = []
        """What came of every round in which something was to be asked."""
        self._base, self._llm = base, llm
        self._ledger, self._endpoint = Ledger(base), Endpoint(llm)

    def ask(self, questions: Sequence[Question], progress: Progress = lambda report: None) -> Reply:
        """Ask what the ledger does not hold, as far as budget and endpoint go; then answer from the record."""
        spent = [report for prompt in PROMPTS.values() for report in self._ask_kind(prompt, questions, progress)]
        self.reports += [report for report in spent if report.wanted]
        usage = Usage(
            sum(report.calls for report in spent),
            sum(report.input_tokens for report in spent),
            sum(report.output_tokens for report in spent),
            sum(report.money for report in spent) / UNIT,
        )
        return Reply(RecordedAnnotator(self._base).ask(questions).answers, usage)

    def open(self, prompt: Prompt, questions: Sequence[Question]) -> list[Ask]:
        """What the ledger holds no answer to, vote by vote; nothing is asked."""
        return to_ask(prompt, questions, self._llm, self._ledger.done(self._ledger.find(*self._key(prompt))))

    def usual(self, prompt: Prompt) -> Usual:
        """What requests of this prompt have taken so far."""
        return self._ledger.usual(self._ledger.find(*self._key(prompt)))

    def _key(self, prompt: Prompt) -> tuple[str, str]:
        return self._llm.model, prompt.digest(self._llm.model, self._llm.parameters)

    def _ask_kind(self, prompt: Prompt, questions: Sequence[Question], progress: Progress) -> Iterator[Report]:
        """Fetch what batches of earlier runs hold, then ask the rest."""
        ledger, llm = self._ledger, self._llm
        source = ledger.source(*self._key(prompt))
        pending = filed(ledger, source)
        under_way = {ask.key for batch in pending for job in batch.jobs.values() for ask in job.asked}
        asked = to_ask(prompt, questions, llm, ledger.done(source) | under_way)
        round_ = Round(prompt, asked, llm, ledger, source)
        if pending:
            batched = Round(prompt, [], llm.model_copy(update={"mode": "batch"}), ledger, source, wanted=len(under_way))
            fetch(batched, self._endpoint, pending, progress)
            batched.hand_over(round_)
            yield batched.report
        if llm.mode == "batch":
            ask_in_batches(round_, self._endpoint, progress)
        else:
            _Flight(round_, self._endpoint, progress).run()
        yield round_.report


def live_annotator(settings: Settings, base: KnowledgeBase) -> LiveAnnotator | None:
    """The LLM of the settings; None where they name none or give it no budget, and then nothing is ever sent."""
    llm = settings.llm
    return LiveAnnotator(base, llm) if llm.provider == "openai" and llm.budget is not None else None


def to_ask(prompt: Prompt, questions: Sequence[Question], llm: LLM, done: set[tuple[str, str, int]]) -> list[Ask]:
    """Every vote on every question of the prompt's kind that is neither answered nor set aside, each once.

    With `llm.swap` every second vote on a pair is asked from b to a.
    """
    wanted: dict[tuple[str, str, int], Ask] = {}
    for question in questions:
        if isinstance(question, EntityQuestion) and prompt is ENTITY:
            votes = [Ask(question)]
        elif isinstance(question, RelationQuestion) and prompt is RELATION:
            swapped = RelationQuestion(question.b, question.a)
            votes = [Ask(swapped if llm.swap and vote % 2 == 0 else question, vote) for vote in range(1, llm.votes + 1)]
        else:
            continue
        wanted.update({ask.key: ask for ask in votes if ask.key not in done})
    return list(wanted.values())


@dataclass(order=True)
class _Later:
    at: float
    number: int
    job: Job


class _Flight:
    """Keeps `llm.concurrency` requests in flight; a refusal or a loss makes everybody wait."""

    def __init__(self, round_: Round, endpoint: Endpoint, progress: Progress) -> None:
        self._round, self._endpoint, self._progress = round_, endpoint, progress
        self._llm = round_.llm
        self._later: list[_Later] = []
        self._flying: dict[Future[Attempt], tuple[Job, int]] = {}
        self._quiet_until = 0.0

    def run(self) -> None:
        with ThreadPoolExecutor(self._llm.concurrency, thread_name_prefix="llm") as pool:
            try:
                while self._round.queue or self._later or self._flying:
                    self._launch(pool)
                    self._land(self._pause())
            except BaseException:
                self._round.stop("stopped")
                while self._flying:
                    with contextlib.suppress(KnowledgeError):  # the first error stands; each is settled all the same
                        self._land(None)
                raise

    def _launch(self, pool: ThreadPoolExecutor) -> None:
        while len(self._flying) < self._llm.concurrency and (job := self._next()) is not None:
            request = self._round.reserve(job)
            if request is None:
                if self._flying:
                    self._round.queue.appendleft(job)  # what is in flight may leave enough of its bound
                else:
                    self._stop(BUDGET_USED)
                return
            questions = [ask.question for ask in job.asked]
            future = pool.submit(self._endpoint.send, self._round.prompt, questions)
            self._flying[future] = (job, request)

    def _next(self) -> Job | None:
        if self._round.report.stopped:
            self._later.clear()
            return None
        now = time.monotonic()
        if now < self._quiet_until:
            return None
        if self._later and self._later[0].at <= now:
            return heapq.heappop(self._later).job
        return self._round.queue.popleft() if self._round.queue else None

    def _pause(self) -> float | None:
        """Seconds until there may be something to send; None: not before something lands."""
        if self._round.report.stopped or (len(self._flying) >= self._llm.concurrency):
            return None
        waits = [self._quiet_until] if self._round.queue else []
        waits += [max(self._later[0].at, self._quiet_until)] if self._later else []
        if not waits or (self._flying and min(waits) <= time.monotonic()):
            return None
        return max(min(waits) - time.monotonic(), 0.0)

    def _land(self, timeout: float | None) -> None:
        if not self._flying:
            time.sleep(timeout or 0.0)
            return
        landed, _ = wait(self._flying, timeout, FIRST_COMPLETED)
        for future in landed:
            job, request = self._flying.pop(future)
            attempt = future.result()
            again = self._round.finish(job, request, attempt)
            if attempt.end == "lost":
                self._hush(self._llm.backoff * 2 ** max(self._round.failures - 1, 0))
            if again is not None and not self._round.report.stopped:
                self._defer(again, attempt)
            self._progress(self._round.report)

    def _defer(self, job: Job, attempt: Attempt) -> None:
        """Send it again after what the endpoint asks for, or twice as long as last time; the others wait as long."""
        own = self._llm.backoff * 2 ** (job.refusals - 1)
        at = self._hush(own if attempt.wait is None else attempt.wait)
        heapq.heappush(self._later, _Later(at, len(self._later), job))

    def _hush(self, seconds: float) -> float:
        """Have everybody wait; returns until when, on the monotonic clock."""
        at = time.monotonic() + min(seconds, LONGEST_WAIT)
        self._quiet_until = max(self._quiet_until, at)
        return at

    def _stop(self, why: str) -> None:
        self._later.clear()
        self._round.stop(why)
