"""Runs SQL out of memory. Each stage keeps its own portable *.sql; this package knows how to execute them."""

from goeswith.engine.duck import Engine

__all__ = ["Engine"]
