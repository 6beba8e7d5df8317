"""Single keys of whoever sits at standard input: without Enter at a terminal, else the lines of a pipe or file.

with keys() as read:
    read()      # "7"; "" when nothing more comes, or the person wants to stop
"""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import sys
from collections.abc import Callable, Iterator

Read = Callable[[], str]
STOP = {"\x03", "\x04"}
"""Ctrl-C and Ctrl-D, where the terminal passes them on as keys."""
OTHER = "other"
"""An arrow or function key: it comes as several characters, among them digits, that must not be taken for answers."""
PAUSE = 0.05
"""Seconds within which the rest of such a key arrives."""


@contextlib.contextmanager
def keys() -> Iterator[Read]:
    if sys.stdin is None or not sys.stdin.isatty():
        yield _lines
    elif sys.platform == "win32":
        yield _windows
    else:
        with _unbuffered(sys.stdin.fileno()) as read:
            yield read


def _lines() -> str:
    """The next line that is not blank."""
    stream = sys.stdin or io.StringIO()
    while line := stream.readline():
        if line.strip():
            return line.strip()
    return ""


if sys.platform == "win32":

    def _windows() -> str:
        import msvcrt

        char = msvcrt.getwch()
        if char in ("\x00", "\xe0"):
            msvcrt.getwch()
            return OTHER
        return "" if char in STOP else char

else:
    import select
    import termios
    import tty

    @contextlib.contextmanager
    def _unbuffered(terminal: int) -> Iterator[Read]:
        """The terminal gives each key at once and does not echo it; afterwards it is as before. Ctrl-C still stops."""
        before = termios.tcgetattr(terminal)
        tty.setcbreak(terminal, termios.TCSADRAIN)  # what was typed ahead is kept
        try:
            yield lambda: _key(terminal)
        finally:
            termios.tcsetattr(terminal, termios.TCSADRAIN, before)

    def _key(terminal: int) -> str:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        char = ""
        while not char:
            try:
                byte = os.read(terminal, 1)
            except OSError:  # the terminal is gone
                return ""
            char = decoder.decode(byte, final=not byte)
            if not byte or char in STOP:
                return ""
        if char == "\x1b":
            return _rest(terminal)
        return char

    def _rest(terminal: int) -> str:
        """Swallow what an arrow or function key sends after its escape."""
        while select.select([terminal], [], [], PAUSE)[0] and os.read(terminal, 1):
            pass
        return OTHER
