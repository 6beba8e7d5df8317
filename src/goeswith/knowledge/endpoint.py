"""One request to an endpoint that speaks the OpenAI protocol, and how it ended. Never retries, never raises.

    attempt = Endpoint(settings.llm).send(ENTITY, questions)

A reply is read in pieces against one deadline and one size, so that neither a server that trickles nor one that never
ends holds a worker.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from goeswith.knowledge.annotator import Question
from goeswith.knowledge.prices import bound
from goeswith.knowledge.prompts import Prompt
from goeswith.settings import LLM

if TYPE_CHECKING:
    from openai import OpenAI

End = Literal["answered", "refused", "rejected", "fatal", "lost"]
"""answered; refused: not now (429, 5xx, no connection), not charged; rejected: this request never (400, 413, 422);
fatal: no request ever (key, rights, model); lost: no reply came, though it may be charged."""
FATAL = {401, 402, 403, 404, 405}
REFUSED = {408, 409, 425, 429}
NEVER_SENT = {"ConnectError", "ConnectTimeout", "PoolTimeout", "UnsupportedProtocol"}
LARGEST_REPLY = 4_000_000
MOST_TOKENS = 10**9
_KEY = re.compile(r"\b(?:sk|key|Bearer)[-_ ][\w*.-]{8,}")


@dataclass(frozen=True, slots=True)
class Attempt:
    end: End
    text: str = ""
    """What the model wrote, where it answered."""
    input_tokens: int | None = None
    output_tokens: int | None = None
    """As the endpoint counted; None where it does not count."""
    error: str = ""
    wait: float | None = None
    """Seconds that the endpoint asks us to wait."""
    seconds: float = 0.0


class Endpoint:
    def __init__(self, llm: LLM) -> None:
        self._llm = llm
        self._key = os.environ.get(llm.api_key_env, "")
        self._client: OpenAI | None = None

    @property
    def client(self) -> OpenAI:
        """The SDK's client, its own retries off; made when it is first needed, as its import takes a second."""
        if self._client is None:
            from openai import OpenAI

            self._client = OpenAI(
                base_url=self._llm.base_url,
                api_key=self._key or "none",
                max_retries=0,
                timeout=self._llm.timeout,
            )
        return self._client

    def body(self, prompt: Prompt, questions: Sequence[Question]) -> dict[str, Any]:
        """The request as JSON, also a line of a batch."""
        llm = self._llm
        form: dict[str, Any] = {}
        if llm.structure == "schema":
            named = {"name": prompt.kind, "strict": True, "schema": prompt.schema}
            form = {"response_format": {"type": "json_schema", "json_schema": named}}
        elif llm.structure == "object":
            form = {"response_format": {"type": "json_object"}}
        return {
            **llm.parameters,
            "model": llm.model,
            "messages": prompt.messages(questions),
            llm.token_limit: bound(llm, prompt, questions).output_tokens,
            **form,
        }

    def send(self, prompt: Prompt, questions: Sequence[Question]) -> Attempt:
        """Put the questions once."""
        import openai

        started = time.monotonic()
        try:
            with self.client.chat.completions.with_streaming_response.create(
                model=self._llm.model, messages=[], extra_body=self.body(prompt, questions)
            ) as response:
                attempt = read_completion(_read(response, started + self._llm.timeout))
        except openai.APIStatusError as error:
            attempt = refusal(error.status_code, _message(error), error.response.headers.get("retry-after"))
        except openai.APIConnectionError as error:
            cause = type(error.__cause__).__name__
            attempt = Attempt("refused" if cause in NEVER_SENT else "lost", error=f"{error} ({cause})")
        except Exception as error:
            attempt = Attempt("lost", error=f"{type(error).__name__}: {error}")
        return self._told(attempt, time.monotonic() - started)

    def _told(self, attempt: Attempt, seconds: float) -> Attempt:
        return replace(attempt, error=self.masked(attempt.error), seconds=seconds)

    def masked(self, error: str) -> str:
        """An error message in one line without the key, should the endpoint have echoed it."""
        text = " ".join(error.encode("utf-8", "replace").decode().split())
        if self._key:
            text = text.replace(self._key, "[key]")
        return _KEY.sub("[key]", text)[:300]


def refusal(status: int, message: str, retry_after: str | None = None) -> Attempt:
    """How a request ended that got an HTTP error."""
    error = f"HTTP {status}: {message}"
    if status in FATAL:
        return Attempt("fatal", error=error)
    if status in REFUSED or status >= 500:
        return Attempt("refused", error=error, wait=_seconds(retry_after))
    return Attempt("rejected", error=error)


def read_completion(body: bytes) -> Attempt:
    """The envelope of a chat completion; what is none was charged, as far as anyone knows, and is lost."""
    try:
        envelope = json.loads(body)
        text = envelope["choices"][0]["message"]["content"] or ""
        usage = envelope.get("usage") or {}
        return Attempt("answered", str(text), _count(usage, "prompt_tokens"), _count(usage, "completion_tokens"))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
        shown = body[:80].decode("utf-8", "replace")
        return Attempt("lost", error=f"not a chat completion: {shown}")


def _count(usage: dict[str, Any], name: str) -> int | None:
    value = usage.get(name)
    return value if type(value) is int and 0 <= value < MOST_TOKENS else None


def _read(response: Any, deadline: float) -> bytes:
    body = bytearray()
    for piece in response.iter_bytes():
        body += piece
        if time.monotonic() > deadline:
            raise TimeoutError("the reply took longer than llm.timeout")
        if len(body) > LARGEST_REPLY:
            raise OverflowError(f"the reply is longer than {LARGEST_REPLY:,} bytes")
    return bytes(body)


def _message(error: Any) -> str:
    body = error.body if isinstance(error.body, dict) else {}
    return str(body.get("message") or error.message)


def _seconds(retry_after: str | None) -> float | None:
    try:
        return min(max(float(retry_after or ""), 0.0), 120.0)
    except ValueError:
        return None
