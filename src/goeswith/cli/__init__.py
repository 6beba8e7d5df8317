"""The commands: one file each, thin over the package. `main` turns every expected error into one or two lines."""

from __future__ import annotations

import os
import sys

# Threads that wait busily take the cores from the ones that work; it must be set before the first of them starts.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import typer
from rich.console import Console

from goeswith.cli import (
    build,
    check,
    demo,
    doctor,
    entities,
    evaluate,
    extract,
    graph,
    init,
    label,
    ledger,
    plan,
    recommend,
    relate,
    rollback,
    serve,
    study,
)
from goeswith.errors import GoeswithError, PendingError

app = typer.Typer(
    name="goeswith",
    help="What goes with what: complementary recommendation for shops.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for module in (demo, init, check, plan, build, recommend, serve, extract, relate, label, evaluate, rollback, doctor):
    app.command(name=module.__name__.rsplit(".", 1)[-1])(module.command)
app.add_typer(entities.app, name="entities")
app.add_typer(graph.app, name="graph")
app.add_typer(ledger.app, name="ledger")
app.add_typer(study.app, name="study")


def main() -> None:
    """Entry point: exit code 0, 2 for bad input, 75 to try again later, 130 when stopped, 70 for a bug of ours."""
    try:
        app()
    except PendingError as error:
        _say("not yet:", str(error))
        sys.exit(75)
    except GoeswithError as error:
        _say("error:", str(error))
        sys.exit(2)
    except KeyboardInterrupt:
        print("\nstopped; run the same command again to go on", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except Exception as error:
        if os.environ.get("GOESWITH_DEBUG"):
            raise
        remedy = "this is a bug; please report it with the traceback that GOESWITH_DEBUG=1 shows"
        _say("bug:", f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}\n{remedy}")
        sys.exit(70)


def _say(label: str, text: str) -> None:
    what, _, remedy = text.partition("\n")
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(label, style="bold red", end=" ")
    console.print(what, markup=False)
    if remedy:
        console.print(f"  {remedy}", markup=False)
