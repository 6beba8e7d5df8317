"""The loop alone: a pool of named pairs, a model that only counts, and whoever answers."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goeswith.errors import DataError, WorkspaceError
from goeswith.relations.dynamic import EVERY
from goeswith.relations.rounds import Limits, Log, Loop, Turn, diversity
from goeswith.relations.samplers import View

NAMES = [f"pair {number}" for number in range(12)]


class Stopped(BaseException):
    """Whatever may end a process."""


class Model:
    """Sees as much as it was taught: what it shows depends on the accepted rows and on nothing else."""

    def __init__(self, rows: int, accepted: np.ndarray, quality: float | None = None) -> None:
        self._rows, self._accepted, self.quality = rows, accepted, quality

    def view(self, open_rows: np.ndarray) -> View:
        rng = np.random.default_rng([0, *sorted(self._accepted.tolist())])
        pool = np.random.default_rng(1).normal(size=(self._rows, 3))
        return View(
            probabilities=rng.dirichlet(np.ones(3), self._rows),
            committee=rng.dirichlet(np.ones(3), (3, self._rows)),
            vectors=pool,
            fine=np.arange(self._rows) % 4,
            large=np.arange(self._rows) % 2,
            open=open_rows,
            labelled_vectors=pool[self._accepted],
            human_vectors=pool[:2],
            human_groups=np.arange(2)[: len(pool)],
            target_vectors=pool[open_rows],
        )


class Desk:
    """Who is asked, and what the loop learns from it; every third answer is not accepted."""

    def __init__(self, names: list[str] = NAMES, qualities: list[float] | None = None) -> None:
        self.names, self.asked, self.learned = names, [], 0
        self._qualities = qualities

    def learn(self, accepted: np.ndarray) -> Model:
        quality = None if self._qualities is None else self._qualities[self.learned]
        self.learned += 1
        return Model(len(self.names), accepted, quality)

    def annotate(self, rows: np.ndarray) -> tuple[int, np.ndarray]:
        self.asked += [self.names[row] for row in rows]
        return len(rows), rows[rows % 3 > 0]

    def run(self, limits: Limits, log: Log, sampler: str = "margin") -> list[Turn]:
        return list(Loop(self.names, EVERY[sampler], limits, log).run(self.learn, self.annotate))


def nothing(accepted: np.ndarray) -> None:
    return None


def unpaid(rows: np.ndarray) -> None:
    """The budget ends."""
    return None


@pytest.mark.parametrize("sampler", sorted(EVERY))
@given(
    pairs=st.integers(2, 20),
    rounds=st.integers(0, 6),
    size=st.integers(1, 7),
    answers=st.none() | st.integers(1, 25),
    seed=st.integers(0, 9),
)
@settings(max_examples=25)
def test_no_pair_is_asked_twice_and_no_budget_is_passed(sampler, pairs, rounds, size, answers, seed):
    desk = Desk([f"pair {number}" for number in range(pairs)])
    turns = desk.run(Limits(rounds, size, answers, seed=seed), Log(), sampler)
    assert len(set(desk.asked)) == len(desk.asked)
    assert len(desk.asked) == min(pairs, rounds * size, pairs if answers is None else answers)
    assert all(len(turn.asked) <= size for turn in turns)
    assert [turn.number for turn in turns] == list(range(1, len(turns) + 1))
    assert {turn.sampler for turn in turns} <= {sampler}


def before_annotating(desk: Desk) -> Any:
    def annotate(rows: np.ndarray) -> tuple[int, np.ndarray]:
        raise Stopped

    return annotate


def while_annotating(desk: Desk) -> Any:
    def annotate(rows: np.ndarray) -> tuple[int, np.ndarray]:
        desk.annotate(rows[:1])
        raise Stopped

    return annotate


def after_annotating(desk: Desk) -> Any:
    def annotate(rows: np.ndarray) -> tuple[int, np.ndarray]:
        desk.annotate(rows)
        raise Stopped

    return annotate


def when_the_budget_ends(desk: Desk) -> Any:
    return unpaid


@pytest.mark.parametrize("sampler", sorted(EVERY))
@pytest.mark.parametrize("stop", [before_annotating, while_annotating, after_annotating, when_the_budget_ends])
def test_a_loop_that_was_stopped_makes_the_rounds_of_an_unbroken_one(tmp_path, stop, sampler):
    limits = Limits(rounds=4, size=3)
    unbroken = Desk().run(limits, Log(tmp_path / "unbroken"), sampler)
    folder = tmp_path / "broken"
    for _ in range(6):  # each process finishes one round and stops in the next
        desk = Desk()
        loop = Loop(NAMES, EVERY[sampler], limits, Log(folder))
        done = len(Log(folder).turns)
        broken = stop(desk)
        calls = iter([desk.annotate, broken])

        def annotate(rows, calls=calls):
            return next(calls)(rows)

        try:
            turns = list(loop.run(desk.learn, annotate))
        except Stopped:
            assert len(Log(folder).turns) > done
    assert turns == unbroken
    for number in range(1, 5):
        name = f"{number:03d}.json"
        assert (folder / name).read_bytes() == (tmp_path / "unbroken" / name).read_bytes()


def test_a_kill_between_the_answers_and_the_file_asks_for_the_same_round_again(tmp_path, monkeypatch):
    """Whoever annotates knows by the ledger that these are answered."""
    desk, limits = Desk(), Limits(rounds=1, size=3)
    write, calls = Log.write, iter([True, False])

    def mortal(log: Log, turn: Turn) -> None:
        if not next(calls):
            raise Stopped
        write(log, turn)

    monkeypatch.setattr(Log, "write", mortal)
    with pytest.raises(Stopped):
        desk.run(limits, Log(tmp_path))
    monkeypatch.setattr(Log, "write", write)
    desk.run(limits, Log(tmp_path))
    assert desk.asked[:3] == desk.asked[3:]


def test_a_consumer_that_goes_away_loses_nothing(tmp_path):
    desk, limits = Desk(), Limits(rounds=3, size=2)
    loop = Loop(NAMES, EVERY["margin"], limits, Log(tmp_path))
    seen = list(islice(loop.run(desk.learn, desk.annotate), 1))
    assert [turn.number for turn in seen] == [1]
    assert [turn.number for turn in desk.run(limits, Log(tmp_path))] == [1, 2, 3]
    assert len(set(desk.asked)) == 6


def test_finished_rounds_come_first_and_ask_nothing(tmp_path):
    limits = Limits(rounds=2, size=3)
    first = Desk().run(limits, Log(tmp_path))
    again = Desk()
    assert again.run(limits, Log(tmp_path)) == first
    assert (again.asked, again.learned) == ([], 0)


def test_more_rounds_go_on_where_the_last_ended(tmp_path):
    desk = Desk()
    desk.run(Limits(rounds=1, size=3), Log(tmp_path))
    turns = desk.run(Limits(rounds=3, size=2), Log(tmp_path))
    assert [len(turn.asked) for turn in turns] == [3, 2, 2]
    assert len(set(desk.asked)) == 7


class TestPending:
    """A round that was drawn and not answered."""

    @pytest.fixture
    def drawn(self, tmp_path: Path) -> Turn:
        loop = Loop(NAMES, EVERY["margin"], Limits(rounds=2, size=4), Log(tmp_path))
        assert list(loop.run(Desk().learn, unpaid)) == []
        (turn,) = Log(tmp_path).turns
        assert (turn.answered, turn.accepted, len(turn.asked)) == (None, [], 4)
        return turn

    def test_a_later_run_completes_it_first(self, tmp_path, drawn):
        desk = Desk()
        turns = desk.run(Limits(rounds=2, size=4), Log(tmp_path))
        assert desk.asked[:4] == drawn.asked == turns[0].asked
        assert [turn.answered for turn in turns] == [4, 4]

    def test_also_where_nothing_can_be_learned_any_more(self, tmp_path, drawn):
        desk = Desk()
        loop = Loop(NAMES, EVERY["margin"], Limits(rounds=2, size=4), Log(tmp_path))
        (turn,) = loop.run(nothing, desk.annotate)
        assert turn.asked == desk.asked == drawn.asked

    def test_it_takes_no_training(self, tmp_path, drawn):
        desk = Desk()
        desk.run(Limits(rounds=1, size=4), Log(tmp_path))
        assert (len(desk.asked), desk.learned) == (4, 0)

    def test_it_is_cut_to_a_budget_that_shrank(self, tmp_path, drawn):
        desk = Desk()
        turns = desk.run(Limits(rounds=2, size=4, answers=3), Log(tmp_path))
        assert desk.asked == drawn.asked[:3] == turns[0].asked
        assert Log(tmp_path).turns == turns

    def test_names_that_left_the_pool_are_passed_over(self, tmp_path, drawn):
        smaller = [name for name in NAMES if name != drawn.asked[0]]
        desk = Desk(smaller)
        desk.run(Limits(rounds=3, size=4), Log(tmp_path))
        assert desk.asked[:3] == drawn.asked[1:]
        assert sorted(desk.asked) == sorted(smaller)

    def test_where_all_have_left_it_counts_as_answered(self, tmp_path, drawn):
        others = [name for name in NAMES if name not in drawn.asked]
        desk = Desk(others)
        turns = desk.run(Limits(rounds=2, size=4), Log(tmp_path))
        assert [turn.answered for turn in turns] == [0, 4]


def test_names_of_finished_rounds_that_left_the_pool_teach_nothing(tmp_path):
    limits = Limits(rounds=2, size=4)
    finished = Desk().run(Limits(rounds=1, size=4), Log(tmp_path))
    gone = finished[0].accepted[0]
    desk = Desk([name for name in NAMES if name != gone])
    taught: list[list[str]] = []

    def learn(accepted: np.ndarray) -> Model:
        taught.append([desk.names[row] for row in accepted])
        return desk.learn(accepted)

    turns = list(Loop(desk.names, EVERY["margin"], limits, Log(tmp_path)).run(learn, desk.annotate))
    assert taught == [finished[0].accepted[1:]]
    assert not set(turns[1].asked) & set(turns[0].asked)


def test_nothing_to_learn_from_ends_the_loop_quietly(tmp_path):
    loop = Loop(NAMES, EVERY["margin"], Limits(rounds=2, size=4), Log(tmp_path / "rounds"))
    assert list(loop.run(nothing, unpaid)) == []
    assert not (tmp_path / "rounds").exists()


def test_nothing_open_ends_it_too():
    desk = Desk()
    turns = desk.run(Limits(rounds=9, size=5), Log())
    assert [len(turn.asked) for turn in turns] == [5, 5, 2]


class TestPatience:
    """A round is asked in hope; where the last ones did not help, no further one is."""

    @pytest.mark.parametrize(
        ("qualities", "rounds"),
        [
            ([0.5, 0.5], 1),
            ([0.5, 0.6, 0.6], 2),
            ([0.5, 0.6, 0.7, 0.65], 3),
            ([0.5, 0.6, 0.7, 0.8, 0.9, 1.0], 6),
        ],
    )
    def test_it_stops_when_a_round_did_not_help(self, qualities, rounds):
        desk = Desk(qualities=qualities)
        assert len(desk.run(Limits(rounds=6, size=2, patience=1), Log())) == rounds
        assert len(desk.asked) == 2 * rounds

    def test_two_rounds_without_help_are_borne_with_a_patience_of_three(self):
        desk = Desk(qualities=[0.5, 0.4, 0.4, 0.6, 0.6, 0.6])
        assert len(desk.run(Limits(rounds=6, size=2, patience=3), Log())) == 6

    def test_without_patience_or_without_people_it_never_stops(self):
        assert len(Desk(qualities=[0.5] * 6).run(Limits(rounds=6, size=2), Log())) == 6
        assert len(Desk().run(Limits(rounds=6, size=2, patience=1), Log())) == 6

    def test_a_round_that_is_not_to_be_asked_is_not_on_disk(self, tmp_path):
        limits = Limits(rounds=6, size=2, patience=1)
        Desk(qualities=[0.5, 0.5]).run(limits, Log(tmp_path))
        assert sorted(path.name for path in tmp_path.iterdir()) == ["001.json"]

    def test_new_labels_give_new_hope(self, tmp_path):
        limits = Limits(rounds=6, size=2, patience=1)
        Desk(qualities=[0.5, 0.5]).run(limits, Log(tmp_path))
        assert len(Desk(qualities=[0.6, 0.6]).run(limits, Log(tmp_path))) == 2

    def test_a_round_begun_is_completed_all_the_same(self, tmp_path):
        limits = Limits(rounds=6, size=2, patience=1)
        loop = Loop(NAMES, EVERY["margin"], limits, Log(tmp_path))
        assert list(loop.run(Desk(qualities=[0.5]).learn, unpaid)) == []
        desk = Desk(qualities=[0.4])
        assert len(desk.run(limits, Log(tmp_path))) == 1
        assert len(desk.asked) == 2


class TestOnDisk:
    def test_a_round_is_json_that_a_person_can_read(self, tmp_path):
        names = [f"crème brûlée\t{number}" for number in range(4)]
        (turn,) = Desk(names, [0.5]).run(Limits(rounds=1, size=3), Log(tmp_path))
        text = (tmp_path / "001.json").read_text(encoding="utf-8")
        assert "crème brûlée\\t" in text
        assert json.loads(text, parse_constant=pytest.fail) == {
            "number": 1,
            "sampler": "margin",
            "asked": turn.asked,
            "answered": 3,
            "accepted": turn.accepted,
            "quality": 0.5,
            "diversity": turn.diversity,
        }
        assert [path.name for path in tmp_path.iterdir()] == ["001.json"]

    def test_a_round_tells_of_itself(self):
        turn = Turn(3, "margin", ["a", "b"], 2, ["a"], 0.5)
        assert str(turn) == "round 3: 2 asked, 1 accepted, macro-F1 on people's labels before it 0.500"
        assert str(Turn(3, "margin", ["a", "b"], 2, ["a"])) == "round 3: 2 asked, 1 accepted"

    @pytest.mark.parametrize(
        "damage",
        [
            lambda text: text[: len(text) // 2],
            lambda text: "",
            lambda text: "null",
            lambda text: "[]",
            lambda text: "{}",
            lambda text: text.replace('"asked"', '"ask"'),
            lambda text: text.replace('"number": 1', '"number": 2'),
            lambda text: text.replace('"number": 1', '"number": "one"'),
            lambda text: text.replace('"answered": 3', '"answered": "three"'),
            lambda text: json.dumps({**json.loads(text), "asked": "pair 1"}),
            lambda text: json.dumps({**json.loads(text), "accepted": [1, 2]}),
        ],
    )
    def test_a_damaged_one_is_named_in_two_lines(self, tmp_path, damage):
        Desk().run(Limits(rounds=1, size=3), Log(tmp_path))
        path = tmp_path / "001.json"
        path.write_text(damage(path.read_text()))
        with pytest.raises(WorkspaceError, match=r"a round that cannot be read \(.*001.json; found .+\)\n") as error:
            Log(tmp_path)
        lines = str(error.value).splitlines()
        assert len(lines) == 2
        assert "delete it" in lines[1]

    def test_bytes_that_are_no_text_are_damage_too(self, tmp_path):
        (tmp_path / "001.json").write_bytes(b"\xff\xfe{")
        with pytest.raises(WorkspaceError, match="cannot be read"):
            Log(tmp_path)

    @pytest.mark.parametrize("lost", [1, 2, 3])
    def test_one_that_was_deleted_is_drawn_anew_and_no_other_is_touched(self, tmp_path, lost):
        limits = Limits(rounds=3, size=2)
        Desk().run(limits, Log(tmp_path))
        kept = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
        del kept[f"{lost:03d}.json"]
        (tmp_path / f"{lost:03d}.json").unlink()
        desk = Desk()
        assert {turn.number for turn in desk.run(limits, Log(tmp_path))} == {1, 2, 3}
        assert len(desk.asked) == 2
        assert all((tmp_path / name).read_bytes() == content for name, content in kept.items())
        names = [name for turn in Log(tmp_path).turns for name in turn.asked]
        assert len(set(names)) == 6

    def test_what_a_kill_left_of_a_file_is_no_round(self, tmp_path):
        tmp_path.joinpath("001.partial").write_text('{"number": 1, "samp')
        assert Log(tmp_path).turns == []


@pytest.mark.parametrize(
    ("limits", "found"),
    [
        ({"rounds": 2, "size": 5, "answers": 0}, "a budget of 0 answers"),
        ({"rounds": 2, "size": 0}, "a budget of 0 answers"),
        ({"rounds": 2, "size": 5, "answers": -3}, "a budget of -3 answers"),
        ({"rounds": 2, "size": 5, "patience": 0}, "a patience of 0 rounds"),
    ],
)
def test_limits_that_allow_nothing_are_an_error_with_a_remedy(limits, found):
    with pytest.raises(DataError, match=found) as error:
        Limits(**limits)
    assert str(error.value).splitlines()[1].startswith("allow at least one")


def test_an_empty_pool_is_an_error_with_a_remedy():
    with pytest.raises(DataError, match=r"the pool is empty \(found 0 pairs\)\npropose more pairs"):
        Loop([], EVERY["margin"], Limits(1, 1), Log())


def test_a_pair_that_stands_twice_in_the_pool_is_an_error():
    with pytest.raises(DataError, match=r"twice in the pool \(found 2 names of 3 pairs\)\n"):
        Loop(["a", "b", "a"], EVERY["margin"], Limits(1, 1), Log())


def seen(vectors: list[list[float]]) -> tuple[View, np.ndarray]:
    pool, none = np.array(vectors, float), np.zeros((0, len(vectors[0])))
    rows = np.arange(len(pool))
    view = View(
        np.full((len(pool), 3), 1 / 3), np.zeros((0, len(pool), 3)), pool, rows, rows, rows, none, none, rows[:0], none
    )
    return view, rows


class TestDiversity:
    """1 − mean |Pearson correlation| of the vectors of the pairs asked."""

    def test_pairs_alike_have_none(self):
        assert diversity(*seen([[1, 2, 4], [2, 4, 8], [3, 5, 9]])) == pytest.approx(0)

    def test_opposites_are_as_alike(self):
        assert diversity(*seen([[1, 2, 4], [-1, -2, -4]])) == pytest.approx(0)

    def test_unrelated_ones_have_all(self):
        assert diversity(*seen([[1, -1, 0, 0], [0, 0, 1, -1]])) == pytest.approx(1)

    @given(st.integers(0, 99), st.integers(2, 6))
    def test_it_is_the_mean_over_all_pairs_of_the_round(self, seed, count):
        vectors = np.random.default_rng(seed).normal(size=(count, 5))
        plain = [abs(np.corrcoef(vectors[i], vectors[j])[0, 1]) for i in range(count) for j in range(i)]
        assert diversity(*seen(vectors.tolist())) == pytest.approx(1 - np.mean(plain))

    def test_of_one_pair_there_is_none(self):
        assert diversity(*seen([[1, 2, 4]])) is None

    @pytest.mark.filterwarnings("error")
    def test_a_constant_vector_has_no_correlation(self):
        assert diversity(*seen([[1, 2, 4], [2, 4, 8], [3, 3, 3]])) == pytest.approx(0)
        assert diversity(*seen([[1, 1, 1], [2, 4, 8]])) is None
        assert diversity(*seen([[1], [2]])) is None
