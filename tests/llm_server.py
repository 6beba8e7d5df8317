"""A real HTTP server that speaks the OpenAI protocol, answers by rule, keeps a bill, and misbehaves when it is told to.

with FakeLLM() as llm:
    llm.plan = ["429", "ok", "cut"]      # what becomes of the next requests; afterwards all is well
    …                                    # base_url = llm.url
    llm.bill                             # requests that a provider would charge
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from goeswith.knowledge.relation import Relation

INPUT_PRICE, OUTPUT_PRICE = 1.0, 4.0
"""Per million tokens, as the tests' price table has it."""


@dataclass(frozen=True)
class Served:
    """A request that reached the server: its questions, what became of it, what a provider would charge."""

    rows: tuple[str, ...]
    fate: str
    tokens: tuple[int, int]

    @property
    def cost(self) -> float:
        return (self.tokens[0] * INPUT_PRICE + self.tokens[1] * OUTPUT_PRICE) / 1e6


def noun(title: str) -> str:
    """The last word that is no number: a crude but steady product concept."""
    words = [word for word in title.lower().replace("'", "").split() if word.isalpha() and word.isascii()]
    return words[-1] if words else "thing"


def entity(row: dict[str, Any]) -> dict[str, Any]:
    return {"entity": noun(row["title"]), "function": f"use a {noun(row['title'])}"}


def relation(row: dict[str, Any]) -> dict[str, Any]:
    """Steady for a pair, in either order."""
    first, second = sorted((row["a"], row["b"]))
    number = int(hashlib.sha256(f"{first}|{second}".encode()).hexdigest(), 16)
    label = Relation(number % 9 + 1)
    if first != row["a"]:
        label = label.swapped
    return {"relation": label.name.lower(), "confidence": 3 + number % 3, "reason": f"{row['a']} meets {row['b']}"}


def answer(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"id": row["id"], **(entity(row) if "title" in row else relation(row))} for row in rows]


@dataclass
class FakeLLM:
    plan: list[str] = field(default_factory=list)
    """Fates of the next requests, in order of arrival."""
    fate: str = "ok"
    """Of those after them."""
    answer: Callable[[list[dict[str, Any]]], list[dict[str, Any]]] = answer
    served: list[Served] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    """Bodies and headers as they came."""
    kill: tuple[int, int] | None = None
    """(pid, n): kill -9 that process when the n-th request arrives."""
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    batch_fate: str = "completed"
    looks: int = 0
    """How often a batch is still running when it is looked at."""
    stall: float = 3.0

    def __enter__(self) -> FakeLLM:
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def bill(self) -> float:
        return sum(served.cost for served in self.served)

    @property
    def asked(self) -> list[str]:
        """Every question that was charged, as often as it was."""
        return [row for served in self.served if served.tokens != (0, 0) for row in served.rows]

    def finish_batches(self) -> None:
        """Run those that nobody waits for, too, as a provider does."""
        for batch in self.batches.values():
            if batch["status"] == "in_progress":
                self._finish(batch)

    def complete(self, body: dict[str, Any], fate: str = "ok") -> tuple[bytes, Served]:
        """The envelope that answers a request, and what it costs."""
        rows = json.loads(body["messages"][1]["content"])["questions"]
        keys = tuple(row.get("title") or f"{row['a']}|{row['b']}" for row in rows)
        limit = body.get("max_tokens") or body.get("max_completion_tokens")
        text = self._text(rows, fate)
        tokens = (len(json.dumps(body)) // 4, min(limit, len(text) // 4 + 1))
        finish = "length" if fate in ("cut", "whitespace") else "stop"
        message = {"role": "assistant", "content": text}
        envelope: dict[str, Any] = {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": body["model"],
            "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        }
        if fate != "no usage":
            envelope["usage"] = {"prompt_tokens": tokens[0], "completion_tokens": tokens[1]}
        return json.dumps(envelope).encode(), Served(keys, fate, tokens)

    def _text(self, rows: list[dict[str, Any]], fate: str) -> str:
        answers = self.answer(rows)
        if fate == "missing row":
            answers = answers[1:]
        if fate == "wrong label":
            key = "entity" if "title" in rows[0] else "relation"
            answers[0][key] = ["a list"] if key == "entity" else "goes nicely with"
        if fate == "twice":
            answers.append(dict(answers[0]))
        if fate == "foreign id":
            answers.append({**answers[0], "id": 999})
        text = json.dumps({"answers": answers})
        if fate == "fenced":
            return f"Here you are:\n```json\n{json.dumps({'answers': answers}, indent=2)}\n```"
        if fate == "cut":
            return text[: len(text) * 2 // 3]
        if fate == "whitespace":
            return '{"answers": [' + " \n" * 4000
        return "I am sorry, I can only chat." if fate == "not json" else text

    def _next(self) -> str:
        with self._lock:
            return self.plan.pop(0) if self.plan else self.fate

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        llm = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *arguments: object) -> None:
                pass

            def do_GET(self) -> None:
                llm._get(self)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                with llm._lock:
                    llm.raw += [str(self.headers).encode(), body]
                if self.path.endswith("/chat/completions"):
                    llm._chat(self, body)
                elif self.path.endswith("/files"):
                    llm._upload(self, body)
                else:
                    llm._make_batch(self, json.loads(body))

        return Handler

    def _chat(self, handler: BaseHTTPRequestHandler, raw: bytes) -> None:
        fate = self._next()
        envelope, served = self.complete(json.loads(raw), fate)
        free = {"429", "500", "503", "400", "401", "404", "echo key"}
        with self._lock:
            self.served.append(Served(served.rows, fate, (0, 0)) if fate in free else served)
            if self.kill is not None and len(self.served) == self.kill[1]:
                os.kill(self.kill[0], signal.SIGKILL)
        if fate in free:
            status = int(fate) if fate.isdecimal() else 401
            message = handler.headers.get("authorization", "") if fate == "echo key" else f"fate {fate}"
            headers = {"retry-after": "0.05"} if fate == "429" else {}
            send(handler, json.dumps({"error": {"message": message}}).encode(), status, headers)
        elif fate == "reset":
            handler.connection.setsockopt(1, 13, b"\x01\x00\x00\x00\x00\x00\x00\x00")  # SO_LINGER 0: RST
            handler.connection.close()
            handler.close_connection = True
        elif fate == "drip":
            drip(handler, self.stall)
        elif fate == "not an envelope":
            send(handler, b"<html>gateway</html>")
        elif fate == "half":
            handler.send_response(200)
            handler.send_header("content-length", str(len(envelope)))
            handler.end_headers()
            handler.wfile.write(envelope[: len(envelope) // 2])
            handler.close_connection = True
        else:
            if fate == "slow":
                time.sleep(self.stall)
            send(handler, envelope)

    def _upload(self, handler: BaseHTTPRequestHandler, raw: bytes) -> None:
        content = next(part for part in raw.split(b"\r\n\r\n") if part.startswith(b'{"custom_id"'))
        name = f"file-{len(self.files) + 1}"
        self.files[name] = content.rpartition(b"\r\n--")[0] or content
        send(handler, json.dumps({"id": name, "object": "file", "purpose": "batch", "bytes": len(content)}).encode())

    def _make_batch(self, handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        fate = self._next()
        name = f"batch_{len(self.batches) + 1}"
        self.batches[name] = {
            "id": name,
            "object": "batch",
            "status": "in_progress",
            "input_file_id": body["input_file_id"],
            "metadata": body.get("metadata"),
            "endpoint": body["endpoint"],
            "completion_window": "24h",
            "created_at": 1,
            "looks": self.looks,
        }
        if fate == "reset":  # made, but the client never hears of it
            handler.connection.close()
            handler.close_connection = True
            return
        send(handler, json.dumps(self.batches[name]).encode())

    def _get(self, handler: BaseHTTPRequestHandler) -> None:
        parts = handler.path.partition("?")[0].strip("/").split("/")
        if parts[-1] == "content":
            return send(handler, self.files[parts[-2]])
        if parts[-1] == "batches":
            page = {"object": "list", "data": list(self.batches.values()), "has_more": False}
            return send(handler, json.dumps(page).encode())
        batch = self.batches[parts[-1]]
        if batch["status"] == "in_progress":
            batch["looks"] -= 1
            if batch["looks"] < 0:
                self._finish(batch)
        return send(handler, json.dumps(batch).encode())

    def _finish(self, batch: dict[str, Any]) -> None:
        batch["status"] = self.batch_fate
        if self.batch_fate == "failed":
            batch["errors"] = {"object": "list", "data": [{"message": "line 1 is wrong", "code": "invalid"}]}
            return
        out, errors = [], []
        for line in self.files[batch["input_file_id"]].decode().splitlines():
            request, fate = json.loads(line), self._next()
            if fate == "expired":
                continue
            if fate.isdecimal():
                body: dict[str, Any] = {"error": {"message": f"fate {fate}"}}
                response = {"status_code": int(fate), "body": body}
                errors.append({"custom_id": request["custom_id"], "response": response})
                continue
            envelope, served = self.complete(request["body"], fate)
            self.served.append(served)
            response = {"status_code": 200, "body": json.loads(envelope)}
            out.append({"custom_id": request["custom_id"], "response": response})
        for key, rows in (("output_file_id", out), ("error_file_id", errors)):
            if rows:
                batch[key] = f"{batch['id']}-{key}"
                self.files[batch[key]] = "".join(json.dumps(row) + "\n" for row in rows).encode()


def send(
    handler: BaseHTTPRequestHandler, body: bytes, status: int = 200, headers: dict[str, str] | None = None
) -> None:
    handler.send_response(status)
    handler.send_header("content-type", "application/json")
    handler.send_header("content-length", str(len(body)))
    for name, value in (headers or {}).items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


def drip(handler: BaseHTTPRequestHandler, seconds: float) -> None:
    """Whitespace that never ends: each byte comes in time, the whole never does."""
    handler.send_response(200)
    handler.send_header("content-type", "application/json")
    handler.end_headers()
    handler.close_connection = True
    end = time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.02)
    except OSError:
        pass
