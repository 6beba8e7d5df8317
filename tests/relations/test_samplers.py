from __future__ import annotations

import dataclasses
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goeswith.errors import DataError
from goeswith.relations.dynamic import EVERY, novelty, spread
from goeswith.relations.samplers import View, nearest


def make(
    rows: int = 12,
    seed: int = 0,
    targets: int = 6,
    labelled: int = 4,
    closed: int = 0,
    width: int = 3,
    **changed: object,
) -> View:
    """A pool of `rows` pairs of which the first `closed` may not be asked."""
    rng = np.random.default_rng(seed)
    return View(
        **{
            "probabilities": rng.dirichlet(np.ones(3), rows),
            "committee": rng.dirichlet(np.ones(3), (3, rows)),
            "vectors": rng.normal(size=(rows, width)),
            "fine": rng.integers(0, 4, rows),
            "large": rng.integers(0, 2, rows),
            "open": np.arange(closed, rows),
            "labelled_vectors": rng.normal(size=(labelled, width)),
            "human_vectors": rng.normal(size=(labelled, width)),
            "human_groups": np.arange(labelled),
            "target_vectors": rng.normal(size=(targets, width)),
            **changed,
        }
    )


def pick(name: str, view: View, size: int, seed: int = 0) -> list[int]:
    return EVERY[name].select(view, size, np.random.default_rng(seed)).tolist()


@pytest.mark.parametrize("name", sorted(EVERY))
@given(rows=st.integers(1, 30), seed=st.integers(0, 99), size=st.integers(1, 40), data=st.data())
@settings(max_examples=30)
def test_rows_are_open_distinct_and_as_many_as_asked(name, rows, seed, size, data):
    closed = data.draw(st.integers(0, rows - 1))
    sizes = {key: data.draw(st.integers(0, 6), label=key) for key in ("targets", "labelled")}
    view = make(rows, seed, closed=closed, **sizes)
    chosen = pick(name, view, size)
    assert len(set(chosen)) == len(chosen) == min(size, rows - closed)
    assert set(chosen) <= set(view.open.tolist())


@pytest.mark.parametrize("name", sorted(EVERY))
@given(seed=st.integers(0, 99), size=st.integers(1, 12))
@settings(max_examples=20)
def test_the_generator_alone_decides(name, seed, size):
    assert pick(name, make(seed=seed), size, seed) == pick(name, make(seed=seed), size, seed)


@pytest.mark.parametrize("name", sorted(EVERY.keys() - {"random"}))
@given(seed=st.integers(0, 99), size=st.integers(1, 12))
@settings(max_examples=20)
def test_the_order_of_the_pool_does_not_matter(name, seed, size):
    """But for the random sampler: what is drawn depends on the pairs, not on their rows."""
    view, order = make(seed=seed, labelled=5), np.random.default_rng(seed).permutation(12)
    moved = dataclasses.replace(
        view,
        **{key: getattr(view, key)[order] for key in ("probabilities", "vectors", "fine", "large")},
        committee=view.committee[:, order],
    )
    assert {order[row] for row in pick(name, moved, size)} == set(pick(name, view, size))


@pytest.mark.parametrize("name", sorted(EVERY))
def test_an_empty_pool_says_what_to_do(name):
    with pytest.raises(DataError, match=r"no pair left to ask .*0 of 12 open.*\npropose more pairs"):
        pick(name, make(open=np.zeros(0, np.int64)), 5)


@pytest.mark.parametrize("name", sorted(EVERY))
def test_a_budget_of_zero_is_an_error(name):
    with pytest.raises(DataError, match=r"at least one pair .*size 0"):
        pick(name, make(), 0)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"probabilities": np.ones((5, 3))}, r"probabilities .*\(5, 3\), expected \(12, 3\)"),
        ({"target_vectors": np.ones((2, 9))}, r"target_vectors .*\(2, 9\), expected \(2, 3\)"),
        ({"open": np.array([3, 12])}, "12 with 12 rows"),
        ({"open": np.array([3, 3])}, "a row twice"),
    ],
)
def test_arrays_that_do_not_fit_are_named_with_both_numbers(changed, message):
    with pytest.raises(DataError, match=message):
        make(**changed)


def test_random_takes_every_pair_as_often():
    counts = np.bincount([row for seed in range(400) for row in pick("random", make(), 3, seed)], minlength=12)
    assert counts.min() > 60
    assert counts.max() < 140  # 100 expected, sd 8.7


def test_margin_takes_the_closest_decision():
    p = np.tile([0.8, 0.1, 0.1], (12, 1))
    p[7], p[2] = [0.45, 0.44, 0.11], [0.5, 0.4, 0.1]
    assert pick("margin", make(probabilities=p), 2) == [7, 2]


def test_entropy_looks_at_all_three_classes():
    p = np.tile([0.8, 0.1, 0.1], (12, 1))
    p[7], p[2] = [0.5, 0.5, 0.0], [0.4, 0.3, 0.3]
    assert pick("entropy", make(probabilities=p), 2) == [2, 7]


def test_qbc_takes_what_the_committee_disputes():
    committee = np.tile([0.4, 0.3, 0.3], (3, 12, 1))  # uncertain everywhere, disputed at one
    committee[:, 5] = np.eye(3)
    assert pick("qbc", make(committee=committee), 1) == [5]


def test_qbc_without_a_committee_says_so():
    with pytest.raises(DataError, match="0 members"):
        pick("qbc", make(committee=np.zeros((0, 12, 3))), 1)


def test_diversity_covers_what_is_apart():
    """Four heaps, one of them labelled: three questions go to the three others."""
    heaps = np.repeat(np.eye(4) * 10, 3, axis=0) + np.random.default_rng(0).normal(size=(12, 4)) / 100
    chosen = pick("diversity", make(vectors=heaps, width=4, labelled_vectors=heaps[:1]), 3)
    assert {row // 3 for row in chosen} == {1, 2, 3}


def test_stratified_takes_one_of_each_fine_category_the_most_uncertain():
    fine, p = np.repeat([0, 1, 2], 4), np.tile([0.8, 0.1, 0.1], (12, 1))
    p[[1, 6, 11]] = [0.5, 0.4, 0.1]
    view = make(probabilities=p, fine=fine)
    assert sorted(pick("stratified", view, 3)) == [1, 6, 11]
    turns = fine[pick("stratified", view, 12)].reshape(4, 3)
    assert all(set(turn) == {0, 1, 2} for turn in turns)


def test_stratified_goes_on_where_the_last_round_ended():
    fine = np.repeat([0, 1, 2], 4)
    asked = make(fine=fine, open=np.setdiff1d(np.arange(12), [1, 6]))  # categories 0 and 1 had their turn
    assert fine[pick("stratified", asked, 1)] == [2]


@pytest.mark.parametrize("name", ["margin", "diversity", "stratified", "dynamic"])
def test_a_pool_of_100_000_pairs(name):
    view = make(100_000, width=64, labelled=2_000, targets=2_000)
    view = dataclasses.replace(view, target_vectors=view.target_vectors + 4)
    start = time.monotonic()
    assert len(pick(name, view, 100)) == 100
    assert time.monotonic() - start < 60


@given(st.integers(0, 99))
def test_nearest_is_the_plain_distance(seed):
    rng = np.random.default_rng(seed)
    points, others = rng.normal(size=(7, 3)), rng.normal(size=(4, 3))
    plain = ((points[:, None] - others[None]) ** 2).sum(axis=2).min(axis=1)
    np.testing.assert_allclose(nearest(points, others), plain, atol=1e-9)
    assert np.isinf(nearest(points, others[:0])).all()


def line(*places: float) -> np.ndarray:
    return np.array(places, float)[:, None]


def on_a_line(pool: np.ndarray, targets: np.ndarray, doubts: np.ndarray | None = None) -> View:
    """People labelled 0, 1, …, 9, one query item each: what lies beyond about 10 is far. Doubt is 0.5 unless given."""
    doubts = np.full(len(pool), 0.5) if doubts is None else doubts
    p = np.stack([1 - doubts / 2, doubts / 2, np.zeros(len(pool))], axis=1)  # margin() gives back the doubts
    people = line(*range(10))
    return make(
        len(pool), width=1, labelled=10, probabilities=p, vectors=pool, target_vectors=targets,
        labelled_vectors=people, human_vectors=people,
    )  # fmt: skip


def test_spread_looks_past_the_same_query_item():
    vectors, groups = line(0, 1, 5), np.array([7, 7, 8])
    assert spread(vectors, groups).tolist() == [25, 16, 16]
    assert np.isinf(spread(vectors, np.zeros(3, int))).all()


def test_targets_among_the_human_labels_are_near():
    seen = novelty(on_a_line(line(0, 1), line(0.5, 3, 8.2)))
    assert not seen.far.any()
    assert seen.share == 0


def test_targets_apart_are_far_and_take_the_excess():
    seen = novelty(on_a_line(line(0, 1), line(3, 40, 50, 60)))
    assert seen.far.tolist() == [False, True, True, True]
    assert seen.share == pytest.approx((0.75 - 0.1) / 0.9)


def test_without_human_labels_every_target_is_far():
    view = make(human_vectors=np.zeros((0, 3)), human_groups=np.zeros(0, np.int64))
    assert novelty(view).share == 1


@given(seed=st.integers(0, 99), size=st.integers(1, 12))
def test_dynamic_without_targets_is_margin(seed, size):
    view = make(seed=seed, targets=0)
    assert pick("dynamic", view, size) == pick("margin", view, size)


def test_dynamic_is_uncertainty_where_all_is_near_and_as_close():
    doubts = np.linspace(0.1, 0.9, 8)
    view = on_a_line(line(*range(8)), line(*range(8)), doubts)
    assert pick("dynamic", view, 3) == [7, 6, 5]


def test_dynamic_goes_to_far_targets_at_equal_uncertainty():
    view = on_a_line(line(2, 3, 39.9, 4, 60.1, 5), line(40, 60))
    assert set(pick("dynamic", view, 2)) == {2, 4}


def test_dynamic_asks_the_doubtful_one_of_two_as_close():
    view = on_a_line(line(39.9, 40.1, 3), line(40), np.array([0.2, 0.8, 1.0]))
    assert pick("dynamic", view, 1) == [1]


def test_dynamic_shares_a_round_between_near_and_far():
    view = on_a_line(line(*range(8), *range(40, 48)), line(*range(4), *range(40, 44)))
    share = novelty(view).share  # half of the targets are far: (0.5 - 0.1) / 0.9
    rows = np.array(pick("dynamic", view, 9))
    assert (rows >= 8).sum() == round(9 * share) == 4
