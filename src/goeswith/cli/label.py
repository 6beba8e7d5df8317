"""goeswith label DIR: a person is asked about the pairs whose label is worth most; one key a label."""

from __future__ import annotations

import contextlib
import getpass
from typing import Annotated

import typer
from rich.text import Text

from goeswith.cli.common import Directory, Overrides, console
from goeswith.cli.keys import Read, keys
from goeswith.errors import SettingsError
from goeswith.graph.phrases import phrase
from goeswith.knowledge.base import KnowledgeBase
from goeswith.knowledge.labelling import Session, read_pairs
from goeswith.knowledge.relation import Coarse, Relation
from goeswith.knowledge.votes import Mode, Pair, Votes
from goeswith.text.normalise import clean
from goeswith.workspace import Workspace, verify

SKIP, UNDO, QUIT, KEEP = "s", "u", "q", "k"


def command(
    directory: Directory,
    who: Annotated[str | None, typer.Option(metavar="NAME", help="Who labels; your login name if left out.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, metavar="N", help="Stop after so many labels.")] = None,
    review: Annotated[bool, typer.Option(help="Look again at labels of people that the classifier doubts.")] = False,
    guess: Annotated[bool, typer.Option(help="Tell the classifier's guess after each answer.")] = False,
    overrides: Overrides = None,
) -> None:
    """Label the pairs that teach the classifier most, one key each; stop at any time, the next call goes on."""
    workspace = Workspace(directory, overrides or ())
    mode: Mode = "review" if review else "label"
    build, name = workspace.current(), _name(who)
    verify(build)
    pairs = read_pairs(build, mode)
    if not pairs:
        what = "no label of people looks wrong" if review else "this build has no pair that it wants a label for"
        console.print(f"nothing to do: {what}", soft_wrap=True)
        return
    with KnowledgeBase.open(workspace.knowledge) as base, keys() as read:
        session = Session(Votes(base, name, mode), pairs, limit)
        with contextlib.suppress(KeyboardInterrupt):
            _ask_all(session, read, guess)
    console.print(f"\nlabels of {name} added: {session.given:,}", markup=False, soft_wrap=True)
    if session.given:
        console.print(f"they count from the next build on: goeswith build {directory}", markup=False, soft_wrap=True)


def _name(who: str | None) -> str:
    """The annotator id, as given."""
    try:
        name = getpass.getuser() if who is None else who
    except (OSError, KeyError, ImportError):  # a user id without a name, as in containers
        name = ""
    if not name.strip():
        raise SettingsError("whose labels are these?", remedy="name the annotator: --who NAME")
    return name


def _ask_all(session: Session, read: Read, guess: bool) -> None:
    """Ask until the person stops; at the end only the way back is left."""
    while True:
        pair = session.next()
        goes_on = _at_the_end(session, read) if pair is None else _ask(session, pair, read, guess)
        if not goes_on:
            return


def _at_the_end(session: Session, read: Read) -> bool:
    told = f"that is all for now: {session.progress()[0]:,} of {len(session.pairs):,} pairs labelled"
    console.print(f"\n{told}\n  {UNDO} undo the last label   any other key: stop", markup=False, soft_wrap=True)
    if read().lower() != UNDO:
        return False
    _undo(session)
    return True


def _ask(session: Session, pair: Pair, read: Read, guess: bool) -> bool:
    """One pair until it is labelled, skipped or undone; False when the person stops."""
    done, left = session.progress()
    console.print(f"\n{done:,} labelled, {left:,} left", style="dim")
    _show_pair(pair)
    while True:
        key = read().lower()
        if key in ("", QUIT):
            return False
        if key == UNDO:
            _undo(session)
        elif key == SKIP:
            session.skip(pair)
            console.print("skipped", style="dim")
        elif (relation := _relation(key, pair)) is not None:
            session.answer(pair, relation)
            _confirm(pair, relation, guess)
        else:
            if not key.isspace():  # Enter after a key is a habit, not a mistake
                console.print("no such key; these are the keys:")
                _show_keys(pair)
            continue
        return True


def _relation(key: str, pair: Pair) -> Relation | Coarse | None:
    if key == KEEP:
        return pair.given
    return Relation(int(key)) if key in set("123456789") else None


def _undo(session: Session) -> None:
    vote = session.undo()
    if vote is None:
        console.print("nothing to undo", style="dim")
    else:
        console.print(Text(f"undone: {_said(vote.pair, vote.relation)}", "yellow"), soft_wrap=True)


def _confirm(pair: Pair, relation: Relation | Coarse, guess: bool) -> None:
    told = Text(_said(pair, relation), "green")
    if guess and pair.guess:
        told.append(f"   (the classifier: {pair.guess.replace('_', ' ')})", "dim")
    console.print(told, soft_wrap=True)


def _show_pair(pair: Pair) -> None:
    """Both ends, the earlier label where it is under review, and the keys. Never what the classifier thinks."""
    names = _names(pair)
    width = max(map(len, names)) + 4
    for name, title in zip(names, (pair.title_a, pair.title_b), strict=True):
        console.print(Text(f"  {name:<{width}}", "bold"), Text(clean(title), "dim"), soft_wrap=True)
    if pair.given is not None:
        console.print(Text(f"  labelled so far: {_said(pair, pair.given)}", "yellow"), soft_wrap=True)
    _show_keys(pair)


def _show_keys(pair: Pair) -> None:
    for relation in Relation:
        console.print(f"  {relation.value}  {_said(pair, relation)}", markup=False, soft_wrap=True)
    keep = f"{KEEP} keep the label   " if pair.given is not None else ""
    console.print(f"  {keep}{SKIP} skip   {UNDO} undo   {QUIT} stop", style="dim", soft_wrap=True)


def _names(pair: Pair) -> tuple[str, str]:
    """What the two ends are called: terms, or where an item has none, titles or ids. All of it is data of the shop."""
    return clean(pair.a or pair.title_a or pair.item_a), clean(pair.b or pair.title_b or pair.item_b)


def _said(pair: Pair, relation: Relation | Coarse) -> str:
    a, b = (f"'{name}'" for name in _names(pair))
    return phrase(relation, a, b) if isinstance(relation, Relation) else f"{a} and {b}: {relation}"
