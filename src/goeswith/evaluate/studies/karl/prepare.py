"""From a workspace to the study, and from its results to files."""

from __future__ import annotations

from pathlib import Path

from goeswith.data.labels import load_labels
from goeswith.data.prepare import search_path
from goeswith.data.readers import root
from goeswith.engine import Engine
from goeswith.entities.dictionary import EntityDict
from goeswith.errors import KnowledgeError
from goeswith.evaluate.report import embedded, page
from goeswith.evaluate.studies.karl.curves import FOLDS
from goeswith.evaluate.studies.karl.material import folds, gather
from goeswith.evaluate.studies.karl.results import Results
from goeswith.evaluate.studies.karl.study import Plan, Study
from goeswith.evaluate.tables import Block
from goeswith.knowledge.annotator import RelationQuestion
from goeswith.knowledge.base import KnowledgeBase, Record
from goeswith.knowledge.ledger import Ask, Usual
from goeswith.knowledge.plan import estimate
from goeswith.knowledge.prompts import RELATION
from goeswith.knowledge.recorded import load_recorded
from goeswith.relations.ends import Language
from goeswith.relations.known import Known
from goeswith.settings import Price
from goeswith.text.encoders import load_encoder
from goeswith.text.store import ARTIFACT, VectorStore
from goeswith.workspace import Workspace

NOTES = (
    "id: people's labels by folds of their query items; ood: trained on them, tested on people's labels from "
    "elsewhere. -a: with an LLM's answers on pairs that no person labelled; -b: also with its answers on the other "
    "query items' pairs. No label of a test pair, and no answer on it, is ever learned from.",
    "Brackets are 95 % intervals over query items, the same draws for all that is compared; figures are means over "
    "seeds. Curves are compared at equal numbers of accepted answers. Tokens are what the asked pairs take, by rule.",
)


def prepare_study(workspace: Workspace, elsewhere: Workspace | None, plan: Plan, folder: Path) -> Study:
    """Labels and answers of the workspace, labels of `elsewhere`, ends and vectors of the live build."""
    build = workspace.current()
    known = Known.load(build)
    inside, answers = _records(workspace)
    outside = [] if elsewhere is None else _records(elsewhere)[0]
    ties = (workspace.settings.labels.tie, (elsewhere or workspace).settings.labels.tie)
    material = gather(inside, outside, answers, known, ties, EntityDict.load(build).resolve)
    if elsewhere is not None and not len(material.outside):
        raise KnowledgeError(
            "no pair that people labelled elsewhere",
            where=elsewhere.settings.data.sql["labels"],
            remedy="name labels on items of the catalogue",
        )
    for labels in (material.inside, material.outside):
        if len(labels):
            folds(labels, FOLDS, seed=0)  # better now than after hours
    if not len(material.pool):
        raise KnowledgeError(
            "the pool is empty",
            found="no answer of an LLM on a pair that no person labelled",
            remedy="name recorded answers on more pairs in llm.recorded",
        )
    store = VectorStore.open(
        build / ARTIFACT, load_encoder(workspace.settings.text.encoder, workspace.settings.build.threads)
    )
    return Study(material, Language.fit(known.ends).encode(material.ends, store), plan, folder)


def _records(workspace: Workspace) -> tuple[list[Record], list[Record]]:
    """What people and what an LLM said of pairs; read into a copy of the knowledge base."""
    settings, directory = workspace.settings, workspace.directory
    with (
        KnowledgeBase.copy_of(workspace.knowledge) as base,
        Engine(settings.build, search_path(settings, directory)) as engine,
    ):
        load_recorded(base, settings.llm.recorded, root(settings.data, directory))
        load_labels(engine, settings, directory, base)
        records = base.records("relation")
    return [r for r in records if r.source == "person"], [r for r in records if r.source == "llm"]


def tokens(workspace: Workspace, study: Study) -> float:
    """What one answer takes, in and out, foretold from the pool's terms; whatever it costs."""
    ends = study.material.ends
    pairs = [(ends[study.material.a[p]].entity, ends[study.material.b[p]].entity) for p in study.material.pool[:1000]]
    asked = [Ask(RelationQuestion(a, b)) for a, b in pairs]
    llm = workspace.settings.llm
    free = llm.model_copy(update={"prices": {llm.model: Price(input=0, output=0)}})
    foretold = estimate(RELATION, asked, free, Usual())
    return (foretold.input_tokens + foretold.output_tokens) / max(len(asked), 1)


def write_report(results: Results, study: Study, folder: Path) -> list[Block]:
    """report.html and one picture a setting; returns the tables."""
    folder.mkdir(parents=True, exist_ok=True)
    blocks, pictures = results.blocks(), results.pictures()
    for name, figure in pictures.items():
        figure.savefig(folder / f"{name}.png", metadata={"Software": None})
    shown = {name: embedded(figure) for name, figure in pictures.items()}
    html = page("study.html", title="KARL: people's labels and an LLM's", notes=NOTES, blocks=blocks, pictures=shown)
    (folder / "report.html").write_text(html, encoding="utf-8")
    return blocks
