"""The provider's Batch API: a file of requests up, a file of replies down, hours or days later, at a lower price.

Each request is reserved on the ledger like a live one, under a batch that carries a token of ours. The token is written
before the upload and sent as the batch's metadata: whatever dies in between, the next run finds the batch at the
provider or learns that there is none. Waiting costs nothing and can be stopped; the next run goes on from there.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal

from goeswith.errors import KnowledgeError, PendingError
from goeswith.knowledge.endpoint import Attempt, Endpoint, read_completion, refusal
from goeswith.knowledge.round import BUDGET_USED, Filed, Job, Report, Round

LARGEST_BATCH = 10_000
"""Requests in one file; providers take up to 50,000 and 200 MB."""
OURS = "goeswith-"
FINISHED = {"completed", "expired", "cancelled", "failed"}
ENDPOINT: Literal["/v1/chat/completions"] = "/v1/chat/completions"


def fetch(round_: Round, endpoint: Endpoint, pending: Sequence[Filed], progress: Callable[[Report], None]) -> None:
    """Wait for batches of earlier runs and settle them; what failed in them is left in the round's queue.

    Raises PendingError where that takes longer than `llm.batch_wait`, KnowledgeError where the provider refuses.
    """
    with _told(round_, endpoint):
        _collect_all(round_, endpoint, [f for f in (_found(round_, endpoint, p) for p in pending) if f], progress)


def ask_in_batches(round_: Round, endpoint: Endpoint, progress: Callable[[Report], None]) -> None:
    """Send the round's queue in batches, wait for them, and repeat with what failed. Raises as `fetch`."""
    with _told(round_, endpoint):
        while round_.queue:
            sent = []
            while round_.queue and (filed := _send(round_, endpoint)) is not None:
                sent.append(filed)
            _collect_all(round_, endpoint, sent, progress)


def _collect_all(
    round_: Round, endpoint: Endpoint, waiting: Sequence[Filed], progress: Callable[[Report], None]
) -> None:
    deadline = time.monotonic() + round_.llm.batch_wait * 3600
    for filed in waiting:
        _collect(round_, endpoint, filed, deadline)
        progress(round_.report)


@contextlib.contextmanager
def _told(round_: Round, endpoint: Endpoint) -> Iterator[None]:
    """The wire's errors as ours."""
    import openai

    try:
        yield
    except openai.APIStatusError as error:
        raise KnowledgeError(
            "the Batch API rejects our requests",
            where=round_.llm.base_url,
            found=endpoint.masked(f"HTTP {error.status_code}: {error.message}"),
            remedy='check llm.base_url and the key, or set llm.mode = "live"',
        ) from error
    except openai.APIConnectionError as error:
        raise PendingError(
            "the LLM endpoint cannot be reached", where=round_.llm.base_url, remedy="run the same command again later"
        ) from error


def _send(round_: Round, endpoint: Endpoint) -> Filed | None:
    """Upload one batch of the queue; None where the budget holds no request of it."""
    ledger, lines = round_.ledger, []
    jobs: dict[int, Job] = {}
    number, token = ledger.open_batch()
    while round_.queue and len(jobs) < LARGEST_BATCH:
        job = round_.queue.popleft()
        request = round_.reserve(job, number)
        if request is None:
            round_.stop(BUDGET_USED)
            break
        jobs[request] = job
        body = endpoint.body(round_.prompt, [ask.question for ask in job.asked])
        lines.append({"custom_id": _custom_id(request), "method": "POST", "url": ENDPOINT, "body": body})
    if not jobs:
        ledger.close_batch(number)
        return None
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    file = endpoint.client.files.create(file=("goeswith.jsonl", text.encode()), purpose="batch")
    made = endpoint.client.batches.create(
        completion_window="24h", endpoint=ENDPOINT, input_file_id=file.id, metadata={"goeswith": token}
    )
    ledger.name_batch(number, made.id)
    return Filed(number, token, made.id, jobs)


def _found(round_: Round, endpoint: Endpoint, filed: Filed) -> Filed | None:
    """A batch of an earlier run. Where its creation was cut off, the provider is asked for one with its token."""
    if filed.name:
        return filed
    for batch in endpoint.client.batches.list(limit=100):
        if (batch.metadata or {}).get("goeswith") == filed.token:
            round_.ledger.name_batch(filed.number, batch.id)
            return replace(filed, name=batch.id)
    _release(round_, filed, "the batch was never created")
    return None


def _release(round_: Round, filed: Filed, why: str) -> None:
    """What never ran costs nothing and is asked in this run's batches."""
    for request, job in filed.jobs.items():
        round_.finish(job, request, Attempt("refused", error=why))
        round_.queue.append(job)
    round_.ledger.close_batch(filed.number)


def _collect(round_: Round, endpoint: Endpoint, filed: Filed, deadline: float) -> None:
    """Wait for a batch and settle every request of it."""
    batch = _wait(round_, endpoint, filed, deadline)
    if batch.status == "failed":
        _release(round_, filed, "the batch failed")
        data = batch.errors.data if batch.errors else None
        raise KnowledgeError(
            "the provider refused the batch",
            where=filed.name,
            found=endpoint.masked(str(data[0].message)) if data else "no reason given",
            remedy="mend what it says and run the same command again",
        )
    open_ = dict(filed.jobs)
    for file in (batch.output_file_id, batch.error_file_id):
        for line in endpoint.client.files.content(file).text.splitlines() if file else ():
            request, attempt = _line(line)
            if request is not None and request in open_:
                _finish(round_, open_.pop(request), request, attempt)
    for request, job in open_.items():
        _finish(round_, job, request, Attempt("refused", error=f"not answered: the batch is {batch.status}"))
    round_.ledger.close_batch(filed.number)


def _finish(round_: Round, job: Job, request: int, attempt: Attempt) -> None:
    again = round_.finish(job, request, attempt)
    if again is not None and not round_.report.stopped:
        round_.queue.append(again)


def _wait(round_: Round, endpoint: Endpoint, filed: Filed, deadline: float) -> Any:
    """The finished batch; trouble on the wire is waited out."""
    import openai

    while True:
        status = "out of reach"
        try:
            batch = endpoint.client.batches.retrieve(filed.name)
            status = batch.status
            if status in FINISHED:
                return batch
        except (openai.APIConnectionError, openai.InternalServerError, openai.RateLimitError):
            pass
        if time.monotonic() + round_.llm.poll > deadline:
            raise PendingError(
                f"batch {filed.name} is {status}",
                where=round_.llm.base_url,
                remedy="run the same command again later: it fetches the answers and goes on; nothing is paid twice",
            )
        time.sleep(round_.llm.poll)


def _line(line: str) -> tuple[int | None, Attempt]:
    """(request, how it ended) of one line of an output or error file; None where it is no line of ours."""
    try:
        row = json.loads(line)
        request = int(row["custom_id"].removeprefix(OURS))
        response = row.get("response") or {}
        status, body = int(response.get("status_code") or 503), response.get("body") or {}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None, Attempt("lost")
    if status == 200:
        return request, read_completion(json.dumps(body).encode())
    error = (body.get("error") if isinstance(body, dict) else None) or row.get("error") or {}
    message = str(error.get("message", error)) if isinstance(error, dict) else str(error)
    return request, refusal(status, message)


def _custom_id(request: int) -> str:
    return f"{OURS}{request}"
