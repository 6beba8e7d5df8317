"""How one request ends: what the envelope says, what a refusal means, what is kept of an error."""

from __future__ import annotations

import json

import pytest

from goeswith.knowledge.endpoint import Endpoint, read_completion, refusal
from goeswith.settings import LLM


def envelope(content: object = "{}", **usage: object) -> bytes:
    return json.dumps({"choices": [{"message": {"content": content}}], "usage": usage}).encode()


def test_an_envelope_gives_text_and_tokens() -> None:
    attempt = read_completion(envelope("hello", prompt_tokens=7, completion_tokens=2))
    assert (attempt.end, attempt.text, attempt.input_tokens, attempt.output_tokens) == ("answered", "hello", 7, 2)


@pytest.mark.parametrize("count", [None, -1, 1.5, True, "7", 10**30])
def test_a_count_that_is_none_is_not_counted(count: object) -> None:
    assert read_completion(envelope(prompt_tokens=count, completion_tokens=2)).input_tokens is None


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"choices": []}', b"[" * 100_000, b"\xff\xfe", b"null"])
def test_what_is_no_envelope_is_lost(body: bytes) -> None:
    assert read_completion(body).end == "lost"


def test_a_message_without_text_is_an_empty_answer() -> None:
    assert read_completion(envelope(None)).text == ""


@pytest.mark.parametrize(
    ("status", "end"),
    [
        (429, "refused"),
        (500, "refused"),
        (503, "refused"),
        (400, "rejected"),
        (422, "rejected"),
        (401, "fatal"),
        (404, "fatal"),
    ],
)
def test_what_a_status_means(status: int, end: str) -> None:
    assert refusal(status, "why").end == end


@pytest.mark.parametrize(
    ("header", "wait"), [("3", 3.0), ("0.5", 0.5), ("9999", 120.0), ("-4", 0.0), ("soon", None), (None, None)]
)
def test_how_long_a_server_may_make_us_wait(header: str | None, wait: float | None) -> None:
    assert refusal(429, "", header).wait == wait


def test_an_error_is_kept_in_one_line_without_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_KEY", "swordfish-17")
    masked = Endpoint(LLM(api_key_env="SHOP_KEY")).masked
    assert masked("bad key\n swordfish-17") == "bad key [key]"
    assert masked("Incorrect API key: sk-proj-abc***xyz9, sorry") == "Incorrect API key: [key], sorry"
    assert masked("half \ud83d").encode()
    assert len(masked("x" * 9000)) == 300
