"""The active loop of a build: which of the proposed pairs a live LLM is asked, chosen by the classifier itself.

The first proposals are asked in their order, so that there is something to learn from; then each round trains on all
that is on record and asks what the sampler wants. Rounds stand in the workspace's folder `rounds`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from goeswith.annotate.quality import Judged
from goeswith.annotate.stage import learned_quality, votes_of
from goeswith.entities.dictionary import EntityDict
from goeswith.knowledge.annotator import RelationQuestion
from goeswith.knowledge.base import KnowledgeBase
from goeswith.knowledge.on_record import RecordedAnnotator
from goeswith.relations.classifier import Classifier, Config
from goeswith.relations.dynamic import EVERY
from goeswith.relations.ends import Ends, Ints, Language
from goeswith.relations.guard import quality
from goeswith.relations.known import Known
from goeswith.relations.pool import Pool
from goeswith.relations.rounds import Limits, Log, Loop, Turn
from goeswith.relations.samplers import View
from goeswith.relations.together import Evidence, together
from goeswith.relations.training import Training, over, training, untrainable
from goeswith.settings import Settings
from goeswith.text.store import VectorStore

FOLDER = "rounds"
SEPARATOR = "\t"
Ask = Callable[[Sequence[RelationQuestion]], Sequence[object]]
"""Puts answers on record; returns what is still open, as the budget ended."""


@dataclass(frozen=True)
class Active:
    settings: Settings
    folder: Path
    """Of the draft, up to its pairs."""
    base: KnowledgeBase
    store: VectorStore
    questions: Sequence[RelationQuestion]
    """Proposed pairs that no file and no person answers."""
    ask: Ask

    def run(self, rounds: Path) -> Iterator[Turn]:
        """Ask the first pairs, then round after round; each round once it was answered."""
        wanted = self.settings.relations
        if self.ask(self.questions[: wanted.first]) or len(self.questions) <= wanted.first:
            return
        names = [_name(question) for question in self.questions]
        limits = Limits(wanted.rounds, wanted.round_size, patience=wanted.patience, seed=self.settings.build.seed)
        yield from Loop(names, EVERY[wanted.sampler], limits, Log(rounds)).run(self._learn, self._annotate)

    def _learn(self, accepted: Ints) -> Learned | None:
        """A model of all that is on record; what was accepted is. None where that cannot teach one."""
        believed = learned_quality(self.settings, self.folder, self.base)
        taught = training(self.base, self._known, self._resolve, self.settings, believed)
        return None if untrainable(taught.answers) else Learned(self, taught)

    def _annotate(self, rows: Ints) -> tuple[int, Ints] | None:
        asked = [self.questions[row] for row in rows]
        if self.ask(asked):
            return None
        given = self._answers(asked)
        answered = [place for place, votes in enumerate(given) if votes]
        believed = learned_quality(self.settings, self.folder, self.base)
        sure = believed.reliability([Judged(votes_of(given[place])) for place in answered])
        good = [place for place, r in zip(answered, sure, strict=True) if r >= self.settings.relations.accept]
        return len(answered), rows[good]

    def _answers(self, questions: Sequence[RelationQuestion]) -> list[tuple]:  # type: ignore[type-arg]
        return list(RecordedAnnotator(self.base, self._resolve).ask(questions).answers)

    def unanswered(self) -> Ints:
        """Rows that were not asked with the first and have no answer."""
        first = self.settings.relations.first
        votes = self._answers(self.questions[first:])
        return np.array([row for row, given in enumerate(votes, start=first) if not given], np.int64)

    @cached_property
    def _known(self) -> Known:
        return Known.load(self.folder)

    @cached_property
    def _resolve(self) -> Callable[[str, str], str | None]:
        return EntityDict.load(self.folder).resolver()

    @cached_property
    def language(self) -> Language:
        return Language.fit(self._known.ends, together(self.folder, Evidence.of(self.settings)))

    @cached_property
    def pool(self) -> Pool:
        """The questions as pairs of entities."""
        rows = np.array([[self._known.by_term[q.a], self._known.by_term[q.b]] for q in self.questions], np.int64)
        used, place = np.unique(rows, return_inverse=True)
        place = place.reshape(rows.shape)
        ends = [self._known.ends[row] for row in used]
        return Pool.of(ends, self.language.encode(ends, self.store), place[:, 0], place[:, 1])

    def encode(self, rows: Ints) -> Ends:
        return self.language.encode([self._known.ends[row] for row in rows], self.store)


class Learned:
    """The classifier after some rounds, and what a sampler may see through it."""

    def __init__(self, active: Active, taught: Training) -> None:
        self._active = active
        used, self._examples = over(taught.examples)
        self._ends = active.encode(used)
        self._model = Classifier.fit(self._examples, self._ends, Config.of(active.settings))

    @property
    def quality(self) -> float | None:
        return quality(self._examples, self._model) if self._examples.person.any() else None

    def view(self, open_rows: Ints) -> View:
        pool = self._active.pool
        pairs, people = pool.pairs, self._examples.take(np.flatnonzero(self._examples.person))
        places = [pool.places(self._ends, labelled.a, labelled.b) for labelled in (self._examples, people)]
        open_now = np.intersect1d(open_rows, self._active.unanswered())
        return View(
            probabilities=self._model.predict(pairs.ends, pairs.a, pairs.b).p_coarse,
            committee=self._model.opinions(pairs.ends, pairs.a, pairs.b),
            vectors=pool.vectors,
            fine=pool.fine,
            large=pool.large,
            open=open_now,
            labelled_vectors=places[0],
            human_vectors=places[1],
            human_groups=people.a,
            target_vectors=pool.vectors[open_now],
        )


def ahead(settings: Settings, rounds: Path, pairs: int, still: Callable[[str], bool]) -> Iterator[int]:
    """Sizes of the rounds to come, over at most so many pairs; of a round begun, the pairs that are `still` to ask."""
    turns = Log(rounds).turns
    begun = [sum(map(still, turn.asked)) for turn in turns if turn.answered is None]
    new = [settings.relations.round_size] * (settings.relations.rounds - len(turns))
    for size in [*begun, *new]:
        if min(size, pairs):
            yield min(size, pairs)
        pairs -= min(size, pairs)


def _name(question: RelationQuestion) -> str:
    return f"{question.a}{SEPARATOR}{question.b}"
