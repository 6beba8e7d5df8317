"""The order of the stages; the only module that knows them all.

    result = build(Workspace(Path("shop")), progress=print)

A stage runs when anything it depends on changed: its settings, the shop's files, the answers on record, the code of its
folder and of those above it, the versions of the libraries it computes with, or an earlier stage. What a live LLM is
asked goes on record before the stage that uses it looks there: stages compute from the record alone.
"""

from __future__ import annotations

import contextlib
import glob
import hashlib
import importlib.metadata
import json
import operator
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache, cached_property, reduce
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

import goeswith
from goeswith.annotate import stage as annotate
from goeswith.data import prepare
from goeswith.data.labels import load_labels
from goeswith.data.readers import root
from goeswith.engine import Engine
from goeswith.entities import stage as entities
from goeswith.entities.ask import title_questions
from goeswith.errors import SettingsError
from goeswith.evaluate import stage as evaluate
from goeswith.graph import build as graph
from goeswith.knowledge.annotator import EntityQuestion, Question, RelationQuestion
from goeswith.knowledge.base import KnowledgeBase
from goeswith.knowledge.ledger import Ask, Ledger, Spent, Usual
from goeswith.knowledge.live import LiveAnnotator, live_annotator, to_ask
from goeswith.knowledge.on_record import RecordedAnnotator
from goeswith.knowledge.plan import Estimate, estimate, estimate_pairs
from goeswith.knowledge.prices import bound
from goeswith.knowledge.prompts import ENTITY, RELATION
from goeswith.knowledge.recorded import load_recorded
from goeswith.knowledge.round import Report as Asked
from goeswith.knowledge.shield import reads_like_instructions
from goeswith.pairs import stage as pairs
from goeswith.recommend import stage as recommend
from goeswith.relations import stage as relations
from goeswith.relations.active import FOLDER, SEPARATOR, Active, ahead
from goeswith.settings import LLM
from goeswith.text import store
from goeswith.text.encoders import Progress, load_encoder
from goeswith.text.store import VectorStore
from goeswith.workspace import Draft, Stage, Workspace, sha256

LIBRARIES = ("duckdb", "numpy", "scipy", "scikit-learn", "lightgbm", "pyarrow", "torch", "sentence-transformers")
HOUSE = (
    "engine",
    "text",
    "knowledge",
    "measure",
    "data",
    "entities",
    "pairs",
    "annotate",
    "relations",
    "graph",
    "recommend",
    "evaluate",
)
_QUOTED = re.compile(r"'([^'\n]+\.[a-zA-Z]+)'")


class Context:
    """What the stages of one build share."""

    def __init__(self, workspace: Workspace, engine: Engine, base: KnowledgeBase, draft: Draft, report: Report) -> None:
        self.workspace, self.engine, self.base, self.draft, self.report = workspace, engine, base, draft, report
        self.settings = workspace.settings
        self.folder = draft.folder

    @cached_property
    def llm(self) -> LiveAnnotator | None:
        """The live LLM; None unless the settings name one and give it a budget."""
        return live_annotator(self.settings, self.base)

    @property
    def asked(self) -> list[Asked]:
        return [] if self.llm is None else self.llm.reports

    def ask(self, stage: str, questions: Sequence[Question]) -> None:
        if self.llm is not None:
            self.llm.ask(questions, lambda asked: self.report(stage, str(asked)))

    @cached_property
    def vectors(self) -> VectorStore:
        """The vectors of this draft, or of the live build to start from."""
        encoder = load_encoder(self.settings.text.encoder, self.settings.build.threads)
        live = self.workspace.live()
        here = self.folder / store.ARTIFACT
        return VectorStore.open(here if here.is_file() or live is None else live / store.ARTIFACT, encoder)


Report = Callable[[str, str], None]
"""(stage, what it does) as a build goes on."""


@dataclass(frozen=True)
class Step:
    name: str
    sections: tuple[str, ...]
    """Settings that change what it makes: whole sections, or single keys."""
    artifacts: tuple[str, ...]
    work: Callable[[Context, Path], dict[str, Any]]
    depends: Callable[[Context], str] = lambda context: ""
    """Digest of what it reads besides settings and earlier stages."""
    ask: Callable[[Context], None] = lambda context: None
    """Put on record what a live LLM should be asked before it runs."""


def _data(context: Context, folder: Path) -> dict[str, Any]:
    return vars(prepare.prepare(context.engine, context.settings, context.workspace.directory, folder))


def _progress(context: Context, stage: str, what: str) -> Progress:
    return lambda done, total: context.report(stage, f"{what} {done}/{total}")


def titles_to_ask(context: Context, annotator: LiveAnnotator | None) -> list[EntityQuestion]:
    """The titles that are open on the ledger, up to `llm.titles` with those that were asked before."""
    if annotator is None:
        return []
    questions = title_questions(context.folder, RecordedAnnotator(context.base, here=False))
    open_ = [ask.question for ask in annotator.open(ENTITY, questions)]
    most = max(context.settings.llm.titles - (len(questions) - len(open_)), 0)
    return [question for question in open_[:most] if isinstance(question, EntityQuestion)]


def ask_pairs(context: Context) -> None:
    """Ask about the proposed pairs: all of them, or in rounds those that the classifier needs."""
    questions = annotate.open_questions(context.settings, context.folder, context.base)
    if not context.settings.relations.rounds or context.llm is None:
        context.ask("annotate", questions)
        return

    def ask(asked: Sequence[RelationQuestion]) -> Sequence[Ask]:
        context.ask("annotate", asked)
        return context.llm.open(RELATION, asked) if context.llm is not None else []

    active = Active(context.settings, context.folder, context.base, context.vectors, questions, ask)
    for turn in active.run(context.workspace.directory / FOLDER):
        context.report("annotate", str(turn))


STEPS = (
    Step("data", ("data", "build.seed", "build.threads"), prepare.ARTIFACTS, _data, lambda c: _shop_files(c.workspace)),
    Step(
        "entities",
        ("text", "entities"),
        entities.ARTIFACTS,
        lambda c, folder: entities.run(
            c.engine, c.settings, folder, c.base, c.vectors, _progress(c, "entities", "titles")
        ),
        lambda c: c.base.digest("entity") + c.base.digest("relation", live=False),
        lambda c: c.ask("entities", titles_to_ask(c, c.llm)),
    ),
    Step("pairs", ("pairs",), pairs.ARTIFACTS, lambda c, folder: pairs.run(c.engine, c.settings, folder, c.vectors)),
    Step(
        "annotate",
        ("labels", "graph.confidence"),
        annotate.ARTIFACTS,
        lambda c, folder: annotate.run(c.settings, folder, c.base),
        lambda c: c.base.digest("relation"),
        lambda c: ask_pairs(c),
    ),
    Step(
        "relations",
        ("relations", "labels", "build.seed", "build.threads", "graph.minimum_customers", "pairs.lift_shrinkage"),
        relations.ARTIFACTS,
        lambda c, folder: relations.run(c.settings, folder, c.base, c.vectors),
        lambda c: c.base.digest("relation"),
    ),
    Step("graph", ("graph",), graph.ARTIFACTS, lambda c, folder: graph.run(c.settings.graph, folder)),
    Step(
        "recommend",
        (
            "recommend.training_queries",
            "recommend.complement_threshold",
            "recommend.classifier_threshold",
            "recommend.banned",
            "evaluate.days",
            "evaluate.queries",
        ),
        recommend.ARTIFACTS,
        lambda c, folder: recommend.run(
            c.engine, c.settings, folder, c.vectors, lambda what: c.report("recommend", what)
        ),
    ),
    Step(
        "evaluate",
        ("evaluate", "recommend"),
        evaluate.ARTIFACTS,
        lambda c, folder: evaluate.run(c.settings, folder, c.vectors, lambda what: c.report("evaluate", what)),
    ),
)
NAMES = tuple(step.name for step in STEPS)


@dataclass(frozen=True)
class Result:
    build: Path | None
    """The live build."""
    stages: list[Stage]
    asked: list[Asked]
    """What a live LLM was asked, round by round."""
    live: bool
    """False where `until` ended before the live build does: what was built waits in the draft."""


@dataclass(frozen=True)
class Plan:
    """What the LLM work to come takes; `spent` by this workspace so far."""

    estimates: list[Estimate]
    spent: Spent
    sampled: list[Asked]


def plan(workspace: Workspace, sample: int = 0, report: Report = lambda stage, what: None) -> Plan:
    """Estimate what a build would ask. With `sample` so many real questions are asked first, within the budget.

    The stages that need no LLM are run as far as answers reach; a build that follows finds them done.
    """
    llm = workspace.settings.llm
    with _opened(workspace, report) as context:
        annotator = LiveAnnotator(context.base, llm)
        ledger = Ledger(context.base)
        _run(context, "data", asking=False)
        titles = titles_to_ask(context, annotator)
        if sample:
            context.ask("plan", titles[:sample])
            titles = titles_to_ask(context, annotator)
        estimates = [estimate(ENTITY, annotator.open(ENTITY, titles), llm, annotator.usual(ENTITY))]
        if titles:
            return Plan([*estimates, _unknown_pairs(context, annotator)], ledger.spent(), context.asked)
        _run(context, "pairs", asking=False)
        pairs = annotate.open_questions(context.settings, context.folder, context.base)
        if sample:
            context.ask("plan", pairs[:sample])
        return Plan([*estimates, _known_pairs(context, annotator, pairs)], ledger.spent(), context.asked)


def _unknown_pairs(context: Context, annotator: LiveAnnotator) -> Estimate:
    """Of pairs that can only be proposed once all titles have terms."""
    settings, most, usual = context.settings, _most_pairs(context), annotator.usual(RELATION)
    longest, sizes = _longest_term(context), [most]
    if settings.relations.rounds:
        first = min(settings.relations.first, most)
        sizes = [first, *ahead(settings, context.workspace.directory / FOLDER, most - first, lambda name: True)]

    @cache
    def told(size: int) -> Estimate:
        return estimate_pairs(RELATION, size, settings.llm, usual, longest)

    return _summed([told(size) for size in sizes])


def _known_pairs(context: Context, annotator: LiveAnnotator, pairs: list[RelationQuestion]) -> Estimate:
    """Of these pairs: all that are open; with rounds the first of them, and round by round any of the others."""
    settings, usual = context.settings, annotator.usual(RELATION)
    first = settings.relations.first if settings.relations.rounds else len(pairs)
    waiting = {frozenset(ask.key[:2]) for ask in annotator.open(RELATION, pairs[first:])}
    others = [pair for pair in pairs[first:] if frozenset((pair.a, pair.b)) in waiting]

    def still(name: str) -> bool:
        return frozenset(name.split(SEPARATOR)) in waiting

    @cache
    def told(size: int) -> Estimate:
        return _any_pairs(others, size, settings.llm, usual)

    sizes = ahead(settings, context.workspace.directory / FOLDER, len(others), still) if others else ()
    made = estimate(RELATION, annotator.open(RELATION, pairs[:first]), settings.llm, usual)
    return _summed([made, *map(told, sizes)])


def _any_pairs(pairs: list[RelationQuestion], size: int, llm: LLM, usual: Usual) -> Estimate:
    """What asking so many of these pairs takes: foretold from the first of them, bound by the heaviest."""
    by_weight = sorted(pairs, key=lambda pair: bound(llm, RELATION, [pair]).money, reverse=True)
    alone: list[RelationQuestion] = []
    calm: list[RelationQuestion] = []
    for pair in by_weight:
        (alone if reads_like_instructions(pair.a) or reads_like_instructions(pair.b) else calm).append(pair)
    worst = [*alone, *(calm or alone)[:1] * size][:size]
    most = estimate(RELATION, [Ask(pair, vote + 1) for vote in range(llm.votes) for pair in worst], llm, usual)
    typical = estimate(RELATION, to_ask(RELATION, pairs[:size], llm, set()), llm, usual)
    return replace(typical, money_bound=most.money_bound, calls_bound=most.calls_bound)


def _summed(estimates: list[Estimate]) -> Estimate:
    """Of several askings, one after the other."""
    names = [field.name for field in fields(Estimate) if field.name not in ("kind", "measured", "exact")]
    return replace(estimates[0], **{name: sum(getattr(each, name) for each in estimates) for name in names})


def _most_pairs(context: Context) -> int:
    """Most pairs that can be proposed once all titles have terms: the budgets, or every pair there may be."""
    budgets = context.settings.pairs
    titles = int(pq.read_metadata(context.folder / "items.parquet").num_rows)
    return min(budgets.head_budget + budgets.torso_budget + budgets.tail_budget, titles * (titles - 1) // 2)


def _longest_term(context: Context) -> int:
    """Of all terms on record: those of answered titles, and those that relation answers name."""
    terms = [record.value or "" for record in context.base.records("entity")]
    terms += [term for record in context.base.records("relation", live=False) for term in (record.a, record.b)]
    return max(map(len, terms), default=0)


def build(workspace: Workspace, until: str | None = None, report: Report = lambda stage, what: None) -> Result:
    """Run all stages, or those up to `until`; resumes a build that was stopped and reuses what did not change."""
    if until is not None and until not in NAMES:
        raise SettingsError("no such stage", found=until, remedy=f"stages: {', '.join(NAMES)}")
    with _opened(workspace, report) as context:
        stages = _run(context, until)
        live = workspace.live()
        if live is not None and len(stages) < workspace.stages(live):
            return Result(live, stages, context.asked, live=False)
        facts = {"goeswith": goeswith.__version__, "libraries": _libraries(), "settings": context.settings.model_dump()}
        return Result(context.draft.publish(stages, facts), stages, context.asked, live=True)


@contextlib.contextmanager
def _opened(workspace: Workspace, report: Report) -> Iterator[Context]:
    """The workspace locked, its knowledge open, recorded answers and labels on record."""
    settings = workspace.settings
    with workspace.lock(), KnowledgeBase.open(workspace.knowledge) as base:
        folder = root(settings.data, workspace.directory)
        with Engine(settings.build, prepare.search_path(settings, workspace.directory)) as engine:
            load_recorded(base, settings.llm.recorded, folder)
            load_labels(engine, settings, workspace.directory, base)
            yield Context(workspace, engine, base, workspace.draft(), report)


def _run(context: Context, until: str | None, asking: bool = True) -> list[Stage]:
    stages: list[Stage] = []
    fingerprint = hashlib.sha256(json.dumps(_libraries()).encode()).hexdigest()
    for step in STEPS:
        context.report(step.name, "…")
        if asking:
            step.ask(context)
        fingerprint = _fingerprint(step, context, fingerprint)
        stage = context.draft.run(
            step.name,
            fingerprint,
            step.artifacts,
            lambda folder, step=step: step.work(context, folder),  # type: ignore[misc]
        )
        context.report(step.name, "unchanged" if stage.reused else "done")
        stages.append(stage)
        if step.name == until:
            break
    return stages


def _fingerprint(step: Step, context: Context, before: str) -> str:
    known = context.settings.model_dump()
    settings = [reduce(operator.getitem, name.split("."), known) for name in step.sections]
    parts = [before, step.name, json.dumps(settings, sort_keys=True), step.depends(context), _code(step.name)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _code(stage: str) -> str:
    """Digest of the stage's own sources and of those above it."""
    package = Path(goeswith.__file__).parent
    folders = HOUSE[: HOUSE.index(stage) + 1]
    files = [
        path
        for folder in folders
        for path in sorted((package / folder).rglob("*"))
        if path.suffix in (".py", ".sql", ".html")
    ]
    return hashlib.sha256("".join(sha256(path) for path in files).encode()).hexdigest()


def _libraries() -> dict[str, str]:
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def _shop_files(workspace: Workspace) -> str:
    """Digest of the shop's files, those named in its SQL included; a workspace that is moved stays built."""
    data, directory = workspace.settings.data, workspace.directory
    folder = root(data, directory)
    patterns = [
        getattr(data, table) for table in ("items", "purchases") if getattr(data, table) and table not in data.sql
    ]
    digest = hashlib.sha256()
    for table in ("items", "purchases"):
        if table in data.sql and (directory / data.sql[table]).is_file():
            text = (directory / data.sql[table]).read_text(encoding="utf-8")
            digest.update(text.encode())
            patterns += _QUOTED.findall(text)
    for pattern in patterns:
        for file in sorted(glob.glob(str(folder / pattern))):
            if Path(file).is_file():
                digest.update(f"{os.path.relpath(file, folder)}\n{sha256(Path(file))}".encode())
    return digest.hexdigest()
