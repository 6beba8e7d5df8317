"""Stage 3 as the pipeline runs it: who knows what about the pairs.

Every annotator is asked about the proposed pairs; besides, every answer on record between two entities of the build is
used, proposed or not. The report tells the hit rate and the abstentions.

quality.json: how far the LLM's answers can be believed, learned where people labelled the same pair.

answers.parquet: one answer on a pair a row (a < b); a, b, relation, coarse, confidence, probability, vote, kind, who,
prompt, asked_at, reason, proposed.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from goeswith.annotate.quality import Judged, Quality, Vote
from goeswith.entities.dictionary import EntityDict
from goeswith.knowledge.annotator import RelationAnswer, RelationQuestion
from goeswith.knowledge.base import KnowledgeBase
from goeswith.knowledge.on_record import CuratedAnnotator, OnRecord, PeopleAnnotator, RecordedAnnotator
from goeswith.knowledge.relation import coarse
from goeswith.settings import Settings

ARTIFACTS = ("answers.parquet", "quality.json")
SCHEMA = pa.schema(
    [
        ("a", pa.string()),
        ("b", pa.string()),
        ("relation", pa.string()),
        ("coarse", pa.string()),
        ("confidence", pa.int8()),
        ("probability", pa.float64()),
        ("vote", pa.int32()),
        ("kind", pa.string()),
        ("who", pa.string()),
        ("prompt", pa.string()),
        ("asked_at", pa.string()),
        ("reason", pa.string()),
        ("proposed", pa.bool_()),
    ]
)


def run(settings: Settings, folder: Path, base: KnowledgeBase) -> dict[str, Any]:
    annotators = _annotators(settings, folder, base)
    pairs = pq.read_table(folder / "pairs.parquet").to_pylist()
    questions = [RelationQuestion(pair["a"], pair["b"]) for pair in pairs]
    answered = _answered(annotators, questions)
    proposed = {(question.a, question.b) for question in questions}
    rows = list(_rows(annotators, proposed))
    quality = learned_quality(settings, folder, base)
    (folder / "quality.json").write_text(quality.to_json(), encoding="utf-8")
    pq.write_table(pa.Table.from_pylist(rows, SCHEMA), folder / "answers.parquet", compression="zstd")
    return {
        "proposed": len(questions),
        "answered": sum(answered),
        "abstained": len(questions) - sum(answered),
        "hit_rate": round(sum(answered) / max(len(questions), 1), 4),
        "hit_rate_by_segment": _hit_rates(pairs, answered, "segment"),
        "hit_rate_by_route": _hit_rates(pairs, answered, "route"),
        "answers": len(rows),
        "pairs_with_answers": len({(row["a"], row["b"]) for row in rows}),
        "answers_checked_by_people": quality.gold,
        "answers_on_unknown_terms": {annotator.name: annotator.unresolved for annotator in annotators},
    }


def learned_quality(settings: Settings, folder: Path, base: KnowledgeBase) -> Quality:
    """From the pairs, of items or of entities, on which both people and an LLM are on record."""
    resolve = EntityDict.load(folder).resolver()

    def as_recorded(name: str, item_id: str) -> str | None:
        return f"item {item_id}" if item_id else resolve(name, "")

    gold = PeopleAnnotator(base, as_recorded, settings.labels.tie).pairs
    said = RecordedAnnotator(base, as_recorded).pairs
    both = [(said[pair], gold[pair]) for pair in sorted(said) if pair in gold]
    return Quality.fit(
        [Judged(votes_of(answers), coarse(labels[0].relation)) for answers, labels in both], settings.graph.confidence
    )


def votes_of(answers: Iterable[RelationAnswer]) -> tuple[Vote, ...]:
    return tuple(Vote(answer.relation, answer.confidence) for answer in answers)


def open_questions(settings: Settings, folder: Path, base: KnowledgeBase) -> list[RelationQuestion]:
    """Proposed pairs that neither a file nor a person answers: what a live LLM may be asked, best proposals first."""
    pairs = pq.read_table(folder / "pairs.parquet", columns=["a", "b"]).to_pylist()
    questions = [RelationQuestion(pair["a"], pair["b"]) for pair in pairs]
    known = _answered(_annotators(settings, folder, base, here=False), questions)
    return [question for question, given in zip(questions, known, strict=True) if not given]


def _annotators(settings: Settings, folder: Path, base: KnowledgeBase, here: bool = True) -> list[OnRecord]:
    resolve = EntityDict.load(folder).resolver()
    return [
        RecordedAnnotator(base, resolve, here),
        PeopleAnnotator(base, resolve, settings.labels.tie),
        CuratedAnnotator(base, resolve),
    ]


def _answered(annotators: list[OnRecord], questions: list[RelationQuestion]) -> list[bool]:
    replies = [annotator.ask(questions) for annotator in annotators]
    return [any(reply.answers[place] for reply in replies) for place in range(len(questions))]


def _rows(annotators: Iterable[OnRecord], proposed: set[tuple[str, str]]) -> Iterable[dict[str, Any]]:
    for annotator in annotators:
        for (a, b), answers in sorted(annotator.pairs.items()):
            for answer in answers:
                yield _row(a, b, answer, (a, b) in proposed)


def _row(a: str, b: str, answer: RelationAnswer, proposed: bool) -> dict[str, Any]:
    return {
        "a": a,
        "b": b,
        "relation": answer.relation.name.lower(),
        "coarse": str(coarse(answer.relation)),
        "confidence": answer.confidence,
        "probability": answer.probability,
        "vote": answer.vote,
        "kind": answer.source.kind,
        "who": answer.source.who,
        "prompt": answer.source.prompt,
        "asked_at": answer.source.asked_at,
        "reason": answer.reason,
        "proposed": proposed,
    }


def _hit_rates(pairs: list[dict[str, Any]], answered: list[bool], by: str) -> dict[str, float]:
    groups: dict[str, list[bool]] = {}
    for pair, hit in zip(pairs, answered, strict=True):
        groups.setdefault(pair[by], []).append(hit)
    return {name: round(sum(hits) / len(hits), 4) for name, hits in sorted(groups.items())}
