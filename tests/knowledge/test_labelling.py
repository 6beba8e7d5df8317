"""A person labels pairs: what is asked, what stands on record, and how it is taken back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from self_destruct import together

from goeswith.data.labels import load_labels
from goeswith.engine import Engine
from goeswith.errors import WorkspaceError
from goeswith.knowledge.annotator import RelationQuestion
from goeswith.knowledge.base import KnowledgeBase, Record, put_answer
from goeswith.knowledge.labelling import Session, read_pairs
from goeswith.knowledge.ledger import Ledger
from goeswith.knowledge.on_record import PeopleAnnotator
from goeswith.knowledge.relation import Coarse, Relation
from goeswith.knowledge.votes import Pair, Votes
from goeswith.settings import Data, Settings

R = Relation
LAMP, CUP, PEN = Pair("oil lamp", "lamp oil"), Pair("cup", "saucer"), Pair("pen", "ink")
PAIRS = [LAMP, CUP, PEN]
ITEMS = Pair("cup", "saucer", item_a="5", item_b="3")


def heard(base: KnowledgeBase) -> list[tuple[str, str, str | None, str]]:
    """(a, b, relation, who) of all votes that count; an item stands for its term."""
    records = [r for r in base.records("relation") if r.source == "person"]
    return [(r.a or r.item_a, r.b or r.item_b, r.value, r.who) for r in records]


def decided(base: KnowledgeBase, a: str, b: str) -> list[Any]:
    """What people's votes say of a pair, as the next build hears them."""
    (answers,) = PeopleAnnotator(base).ask([RelationQuestion(a, b)]).answers
    return [answer.relation for answer in answers]  # type: ignore[union-attr]


def file_says(base: KnowledgeBase, *records: Record) -> None:
    base.put("person", "labels", str(records), records)


class TestVotes:
    def test_a_vote_is_on_record_with_who_gave_it_and_when(self, base: KnowledgeBase) -> None:
        Votes(base, "anna").give(LAMP, R.REFILLED_BY)
        (record,) = base.records("relation")
        assert (record.a, record.b, record.value) == ("oil lamp", "lamp oil", "refilled_by")
        assert (record.source, record.who, record.prompt, record.live) == ("person", "anna", "label", True)
        assert record.asked_at.endswith("+00:00")

    def test_one_vote_decides_two_that_differ_do_not_a_third_breaks_the_tie(self, base: KnowledgeBase) -> None:
        decisions = []
        for who, relation in (("anna", R.REFILLED_BY), ("ben", R.TOGETHER), ("cleo", R.TOGETHER)):
            Votes(base, who).give(LAMP, relation)
            decisions.append(decided(base, "oil lamp", "lamp oil"))
        assert decisions == [[R.REFILLED_BY], [], [R.TOGETHER]]

    def test_a_persons_later_vote_takes_the_place_of_the_earlier_one(self, base: KnowledgeBase) -> None:
        anna = Votes(base, "anna")
        anna.give(CUP, R.UNRELATED)
        anna.give(CUP, R.TOGETHER)
        assert heard(base) == [("cup", "saucer", "together", "anna")]

    def test_votes_on_a_pair_seen_from_the_other_side_are_counted_together(self, base: KnowledgeBase) -> None:
        Votes(base, "anna").give(LAMP, R.REFILLED_BY)
        Votes(base, "ben").give(Pair("lamp oil", "oil lamp"), R.REFILLS)
        assert [value for _, _, value, _ in heard(base)] == ["refilled_by", "refilled_by"]
        assert decided(base, "lamp oil", "oil lamp") == [R.REFILLS]

    def test_a_vote_on_items_joins_those_of_the_file(self, base: KnowledgeBase) -> None:
        file_says(base, Record("relation", "", "enhances", "ben", item_a="3", item_b="5"))
        Votes(base, "anna", "review").give(ITEMS, R.ENHANCED_BY)
        assert heard(base) == [("3", "5", "enhances", "ben"), ("3", "5", "enhances", "anna")]

    def test_a_vote_given_here_comes_after_the_same_persons_vote_in_a_file(self, base: KnowledgeBase) -> None:
        for value in ("unrelated", "together"):  # whenever the file is loaded
            file_says(base, Record("relation", "cup", value, "anna", b="saucer"))
            Votes(base, "anna").give(CUP, R.REQUIRES)
        assert heard(base) == [("cup", "saucer", "requires", "anna")]
        Votes(base, "anna").undo()
        Votes(base, "anna").undo()
        assert sorted(value for _, _, value, _ in heard(base)) == ["together", "unrelated"]

    def test_a_coarse_label_can_be_kept_as_it_is(self, base: KnowledgeBase) -> None:
        Votes(base, "anna", "review").give(CUP, Coarse.COMPLEMENTARY)
        assert decided(base, "cup", "saucer") == [Coarse.COMPLEMENTARY]


class TestUndo:
    def test_it_goes_back_vote_by_vote_through_earlier_sessions_of_the_same_person(self, base: KnowledgeBase) -> None:
        Votes(base, "ben").give(CUP, R.TOGETHER)
        Votes(base, "anna").give(LAMP, R.REFILLED_BY)
        anna = Votes(base, "anna")
        anna.give(CUP, R.UNRELATED)
        undone = [anna.undo() for _ in range(3)]
        assert [vote and (vote.pair.a, vote.relation) for vote in undone] == [
            ("cup", R.UNRELATED),
            ("oil lamp", R.REFILLED_BY),
            None,
        ]
        assert heard(base) == [("cup", "saucer", "together", "ben")]

    def test_the_vote_that_was_replaced_is_heard_again(self, base: KnowledgeBase) -> None:
        anna = Votes(base, "anna")
        anna.give(CUP, R.TOGETHER)
        anna.give(CUP, R.UNRELATED)
        anna.undo()
        assert heard(base) == [("cup", "saucer", "together", "anna")]

    def test_nothing_is_deleted(self, base: KnowledgeBase) -> None:
        anna = Votes(base, "anna")
        anna.give(CUP, R.TOGETHER)
        anna.undo()
        (mark,) = base.connection.execute("SELECT withdrawn_at FROM answer").fetchone()
        assert mark.endswith("+00:00")

    def test_the_digest_is_that_of_before(self, base: KnowledgeBase) -> None:
        file_says(base, Record("relation", "cup", "together", "ben", b="saucer"))
        anna, before = Votes(base, "anna"), base.digest("relation")
        anna.give(CUP, R.TOGETHER)
        assert base.digest("relation") != before
        anna.undo()
        assert base.digest("relation") == before


class TestBesideOtherSources:
    def test_files_that_come_and_go_leave_them_active(
        self, engine: Engine, base: KnowledgeBase, tmp_path: Path
    ) -> None:
        Votes(base, "anna").give(LAMP, R.REFILLED_BY)
        (tmp_path / "labels.csv").write_text("entity_a,entity_b,relation,annotator\ncup,saucer,7,p1\n")
        for data, expected in ((Data(labels="labels.csv"), 2), (Data(), 1)):
            load_labels(engine, Settings(data=data), tmp_path, base)
            assert len(heard(base)) == expected

    def test_they_bring_no_new_term_into_a_build(self, base: KnowledgeBase) -> None:
        Votes(base, "anna").give(LAMP, R.REFILLED_BY)
        assert base.records("relation", live=False) == []

    @pytest.mark.parametrize("person_first", [True, False])
    def test_a_model_that_was_asked_the_same_is_heard_too(self, base: KnowledgeBase, person_first: bool) -> None:
        """That only the last model is heard is no rule among people, or between people and models."""
        ledger = Ledger(base)
        if person_first:
            Votes(base, "anna").give(LAMP, R.REFILLED_BY)
        for model in ("small", "large"):
            answer = Record("relation", "oil lamp", "together", model, b="lamp oil")
            put_answer(base.connection, ledger.source(model, "digest"), answer)
        if not person_first:
            Votes(base, "anna").give(LAMP, R.REFILLED_BY)
        assert {record.who for record in base.records("relation")} == {"large", "anna"}


class TestSession:
    @pytest.fixture
    def session(self, base: KnowledgeBase) -> Callable[..., Session]:
        """Anna sits down, again and again: session(limit=3)."""
        return lambda pairs=PAIRS, mode="label", limit=None: Session(Votes(base, "anna", mode), pairs, limit)

    def test_it_goes_through_the_pairs_in_their_order(self, session: Callable[..., Session]) -> None:
        anna, asked = session(), []
        while (pair := anna.next()) is not None:
            asked.append((pair, anna.progress()))
            anna.answer(pair, R.TOGETHER)
        assert asked == [(LAMP, (0, 3)), (CUP, (1, 2)), (PEN, (2, 1))]

    def test_the_next_session_goes_on_and_asks_what_was_skipped(self, session: Callable[..., Session]) -> None:
        first = session()
        first.skip(LAMP)
        first.answer(CUP, R.TOGETHER)
        assert first.next() == PEN
        assert first.progress() == (1, 1)
        assert session().next() == LAMP
        assert session(pairs=[CUP, PEN]).next() == PEN

    def test_what_was_undone_is_asked_next(self, session: Callable[..., Session]) -> None:
        anna = session()
        anna.skip(LAMP)
        anna.answer(CUP, R.TOGETHER)
        anna.undo()
        assert (anna.next(), anna.given) == (CUP, 0)
        anna.skip(CUP)
        assert anna.next() == PEN

    def test_undoing_what_this_build_does_not_ask_leaves_the_pair_at_hand(
        self, session: Callable[..., Session]
    ) -> None:
        session().answer(Pair("old", "gone"), R.TOGETHER)
        anna = session()
        vote = anna.undo()
        assert vote is not None
        assert vote.pair.a == "old"
        assert anna.next() == LAMP
        assert anna.undo() is None

    def test_a_limit_counts_labels_and_undo_gives_one_back(self, session: Callable[..., Session]) -> None:
        anna = session(limit=1)
        anna.skip(LAMP)
        assert anna.progress() == (0, 1)
        anna.answer(CUP, R.TOGETHER)
        assert anna.next() is None
        anna.undo()
        assert anna.next() == CUP

    def test_the_other_terminal_of_the_same_person_asks_nothing_twice(self, session: Callable[..., Session]) -> None:
        here, there = session(), session()
        here.answer(LAMP, R.REFILLED_BY)
        assert there.next() == CUP

    def test_what_the_person_labelled_in_a_file_is_not_asked(
        self, session: Callable[..., Session], base: KnowledgeBase
    ) -> None:
        said = [
            Record("relation", "Lamp Oil", "refills", "anna", b="Oil lamp"),
            Record("relation", "cup", None, "anna", b="saucer"),  # a blank vote
            Record("relation", "pen", "requires", "ben", b="ink"),
        ]
        file_says(base, *said)
        anna = session()
        assert anna.next() == CUP
        anna.answer(CUP, R.TOGETHER)
        assert anna.next() == PEN

    def test_a_review_asks_again_what_the_same_person_labelled(self, session: Callable[..., Session]) -> None:
        session().answer(CUP, R.UNRELATED)
        review = session(pairs=[CUP], mode="review")
        assert review.next() == CUP
        review.answer(CUP, R.UNRELATED)
        assert session(pairs=[CUP], mode="review").next() is None

    def test_a_pair_that_stands_twice_is_asked_once(self, session: Callable[..., Session]) -> None:
        anna = session(pairs=[CUP, LAMP, Pair("saucer", "cup")])
        assert anna.pairs == [CUP, LAMP]

    @given(st.lists(st.sampled_from(["label", "skip", "undo"]), max_size=25))
    def test_whatever_is_pressed_each_label_that_stands_is_heard(self, pressed: list[str]) -> None:
        """Against a plain model: a stack of labels and a set of skipped pairs."""
        with KnowledgeBase.open(Path(":memory:")) as base:
            anna = Session(Votes(base, "anna"), PAIRS)
            stack: list[Pair] = []
            for key in pressed:
                pair = anna.next()
                if key == "undo":
                    vote = anna.undo()
                    assert (vote and vote.pair.key) == (stack.pop().key if stack else None)
                elif pair is not None and key == "skip":
                    anna.skip(pair)
                elif pair is not None:
                    assert pair not in stack
                    anna.answer(pair, R.TOGETHER)
                    stack.append(pair)
            assert sorted((a, b) for a, b, _, _ in heard(base)) == sorted((pair.a, pair.b) for pair in stack)
            assert anna.progress()[0] == len(stack)


class TestReadPairs:
    def test_the_queue(self, tmp_path: Path) -> None:
        row = {"a": "cup", "b": "saucer", "title_a": "RED CUP", "title_b": None, "worth": 0.5, "relation": "together"}
        pq.write_table(pa.Table.from_pylist([row]), tmp_path / "queue.parquet")
        assert read_pairs(tmp_path) == [Pair("cup", "saucer", "RED CUP", guess="together")]

    def test_the_labels_under_review(self, tmp_path: Path) -> None:
        items = {"item_a": "5", "item_b": "3", "title_a": "RED CUP", "title_b": "SAUCER"}
        row = {"a": "cup", "b": "saucer", **items, "given": "unrelated", "suggested": "complementary", "margin": 0.9}
        pq.write_table(pa.Table.from_pylist([row]), tmp_path / "review.parquet")
        (pair,) = read_pairs(tmp_path, "review")
        assert (pair.key, pair.given, pair.guess) == (ITEMS.key, R.UNRELATED, "complementary")

    def test_a_build_without_it_says_what_to_do(self, tmp_path: Path) -> None:
        with pytest.raises(WorkspaceError, match=r"no stage 'relations'[^\n]*\nrun: goeswith build"):
            read_pairs(tmp_path)

    def test_a_damaged_file_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "queue.parquet").write_text("no table")
        with pytest.raises(WorkspaceError, match=r"not what was built .*queue\.parquet"):
            read_pairs(tmp_path)


def label_many(path: Path, who: str, count: int, barrier: Any) -> None:
    """One terminal."""
    with KnowledgeBase.open(path) as base:
        votes = Votes(base, who)
        barrier.wait(30)
        for number in range(count):
            votes.give(Pair(f"thing {number}", "other"), R.TOGETHER)


def test_terminals_side_by_side_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "knowledge.sqlite"
    terminals = [partial(label_many, path, who, 40) for who in ("anna", "ben", "cleo")]
    assert together(terminals) == [0, 0, 0]
    with KnowledgeBase.open(path) as base:
        assert len(heard(base)) == 120
        sources = base.connection.execute("SELECT count(*) FROM source").fetchone()
        questions = base.connection.execute("SELECT count(*) FROM question").fetchone()
    assert (sources, questions) == ((1,), (40,))
