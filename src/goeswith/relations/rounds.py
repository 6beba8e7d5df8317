"""The active loop of KARL (arXiv 2509.05564, section 4): which answers are worth asking for, round after round.

propose → select → annotate → accept → retrain → measure → decide to stop. A round is on disk before it is asked and
again when it was answered, so a loop that was stopped goes on where it was:

    loop = Loop(pool, sampler, Limits(rounds=10, size=100), Log(folder))
    for turn in loop.run(learn, annotate):
        print(turn)
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path
from typing import Protocol

import numpy as np
from pydantic import TypeAdapter, ValidationError

from goeswith.errors import DataError, WorkspaceError
from goeswith.relations.ends import Ints
from goeswith.relations.samplers import Sampler, View


@dataclass(frozen=True)
class Limits:
    rounds: int
    size: int
    """Pairs asked in a round."""
    answers: int | None = None
    """Most answers that may be asked for in all; None: rounds × size."""
    patience: int | None = None
    """Stop after so many rounds without a better model on people's labels; None: never."""
    seed: int = 7

    def __post_init__(self) -> None:
        most = self.size if self.answers is None else min(self.answers, self.size)
        if most < 1:
            found = f"a budget of {most} answers"
            raise DataError("nothing may be asked", found=found, remedy="allow at least one answer")
        if self.patience is not None and self.patience < 1:
            found = f"a patience of {self.patience} rounds"
            raise DataError("no round would be asked", found=found, remedy="allow at least one round")


@dataclass
class Turn:
    """One round, as it stands on disk."""

    number: int
    sampler: str
    asked: list[str]
    """Names of the pairs."""
    answered: int | None = None
    """None: not asked yet, or stopped while asking."""
    accepted: list[str] = field(default_factory=list)
    quality: float | None = None
    """Macro-F1 on people's labels, by models that did not see them, before this round's answers."""
    diversity: float | None = None
    """1 − mean |Pearson correlation| of the vectors of the pairs asked (KARL, section 5)."""

    def __str__(self) -> str:
        quality = "" if self.quality is None else f", macro-F1 on people's labels before it {self.quality:.3f}"
        return f"round {self.number}: {len(self.asked)} asked, {len(self.accepted)} accepted{quality}"


class Learned(Protocol):
    """A model that was trained on people's labels and all accepted answers."""

    @property
    def quality(self) -> float | None: ...

    def view(self, open_rows: Ints) -> View:
        """What a sampler may see of the pool."""
        ...


Learn = Callable[[Ints], Learned | None]
"""(accepted rows of the pool) -> model; None where nothing can be learned yet."""
Annotate = Callable[[Ints], tuple[int, Ints] | None]
"""(rows to ask) -> (how many were answered, rows whose answer is accepted); None where the budget ended on the way."""


class Log:
    """Rounds as files 001.json, 002.json, … of a folder; None keeps them in memory."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._turns: dict[int, Turn] = {}
        if folder is not None and folder.is_dir():
            for path in sorted(folder.glob("[0-9]*.json")):
                turn = _read(path)
                self._turns[turn.number] = turn

    @property
    def turns(self) -> list[Turn]:
        return [self._turns[number] for number in sorted(self._turns)]

    def write(self, turn: Turn) -> None:
        self._turns[turn.number] = turn
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._folder / _file(turn.number)
            partial = path.with_suffix(".partial")
            partial.write_text(json.dumps(asdict(turn), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
            os.replace(partial, path)


def _read(path: Path) -> Turn:
    try:
        turn = TypeAdapter(Turn).validate_json(path.read_bytes(), strict=True)
        wrong = "" if path.name == _file(turn.number) else f"round {turn.number}"
    except ValidationError as error:
        first = error.errors()[0]
        wrong = ": ".join([*map(str, first["loc"]), first["msg"]])
    if wrong:
        raise WorkspaceError(
            "a round that cannot be read", where=str(path), found=wrong, remedy="delete it: another is drawn"
        )
    return turn


def _file(number: int) -> str:
    return f"{number:03d}.json"


class Loop:
    """Rounds over a pool of named pairs. `names` are what stands on disk, so they must outlive the process."""

    def __init__(self, names: Sequence[str], sampler: Sampler, limits: Limits, log: Log) -> None:
        if not names:
            raise DataError("the pool is empty", found="0 pairs", remedy="propose more pairs, or answer fewer of them")
        self._names, self._sampler, self._limits, self._log = list(names), sampler, limits, log
        self._row = {name: row for row, name in enumerate(self._names)}
        if len(self._row) < len(self._names):
            found = f"{len(self._row)} names of {len(self._names)} pairs"
            raise DataError("a pair stands twice in the pool", found=found, remedy="propose each pair once")

    def run(self, learn: Learn, annotate: Annotate) -> Iterator[Turn]:
        """Each round once it was answered, those on disk first. Names that left the pool are passed over."""
        for turn in self._log.turns:
            if turn.answered is not None:
                yield turn
        while len(self._finished) < self._limits.rounds and self._left() > 0:
            drawn = self._pending() or self._drawn(learn)
            if drawn is None:
                return
            given = annotate(self._rows(drawn.asked))
            if given is None:
                return
            drawn.answered, accepted = given
            drawn.accepted = [self._names[row] for row in accepted]
            self._log.write(drawn)
            yield drawn

    @property
    def _finished(self) -> list[Turn]:
        return [turn for turn in self._log.turns if turn.answered is not None]

    def _pending(self) -> Turn | None:
        """A round that was selected and not answered, cut to what may still be asked."""
        turn = next((turn for turn in self._log.turns if turn.answered is None), None)
        if turn is not None:
            turn.asked = turn.asked[: self._left()]
        return turn

    def _left(self) -> int:
        """Answers that may still be asked for."""
        most = self._limits.answers
        return sys.maxsize if most is None else most - sum(len(turn.asked) for turn in self._finished)

    def _drawn(self, learn: Learn) -> Turn | None:
        """The next round, on disk; None where there is nothing to learn from, to hope for or to ask."""
        model = learn(self._accepted())
        if model is None or self._hopeless(model.quality):
            return None
        asked = self._rows([name for turn in self._log.turns for name in turn.asked])
        view = model.view(np.setdiff1d(np.arange(len(self._names)), asked))
        if not len(view.open):
            return None
        taken = {turn.number for turn in self._log.turns}
        number = next(number for number in count(1) if number not in taken)
        rng = np.random.default_rng([self._limits.seed, number])
        rows = self._sampler.select(view, min(self._limits.size, self._left()), rng)
        chosen = [self._names[row] for row in rows]
        turn = Turn(number, self._sampler.name, chosen, None, [], model.quality, diversity(view, rows))
        self._log.write(turn)
        return turn

    def _hopeless(self, quality: float | None) -> bool:
        """Whether the last rounds brought no better model on people's labels."""
        qualities = [q for q in [*(turn.quality for turn in self._finished), quality] if q is not None]
        patience = self._limits.patience
        return (
            patience is not None
            and len(qualities) > patience
            and max(qualities[-patience:]) <= max(qualities[:-patience])
        )

    def _accepted(self) -> Ints:
        return self._rows([name for turn in self._finished for name in turn.accepted])

    def _rows(self, names: Sequence[str]) -> Ints:
        return np.array([self._row[name] for name in names if name in self._row], np.int64)


def diversity(view: View, rows: Ints) -> float | None:
    """1 − mean |Pearson correlation| over the pairs of chosen vectors (KARL, section 5).

    A constant vector has no correlation and is left out; None of fewer than two others.
    """
    vectors = view.vectors[rows]
    vectors = vectors[np.ptp(vectors, axis=1) > 0]
    if len(vectors) < 2:
        return None
    correlation = np.abs(np.corrcoef(vectors))
    return float(1 - correlation[np.triu_indices(len(vectors), 1)].mean())
