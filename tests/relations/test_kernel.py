from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planted import world

from goeswith.relations.kernel import LIMIT, Pairs, Scale, even, likeness, odd
from goeswith.relations.signs import signs

ENDS = world().ends
SCALE = Scale.fit(signs(ENDS, world().taught.a, world().taught.b))


@st.composite
def pairs(draw: st.DrawFn) -> Pairs:
    rng = np.random.default_rng(draw(st.integers(0, 9999)))
    a, b = rng.integers(0, len(ENDS), (2, draw(st.integers(1, 12))))
    return Pairs(ENDS, a, b, SCALE(signs(ENDS, a, b)))


def turned(pairs: Pairs) -> Pairs:
    return Pairs(pairs.ends, pairs.b, pairs.a, pairs.signs)


@given(pairs(), pairs())
def test_the_even_kernel_does_not_change_when_either_pair_is_swapped(x, y):
    gram = even(x, y)
    assert even(turned(x), y) == pytest.approx(gram, abs=1e-5)
    assert even(x, turned(y)) == pytest.approx(gram, abs=1e-5)


@given(pairs(), pairs())
def test_the_odd_kernel_changes_its_sign_when_either_pair_is_swapped(x, y):
    gram = odd(x, y)
    assert odd(turned(x), y) == pytest.approx(-gram, abs=1e-5)
    assert odd(x, turned(y)) == pytest.approx(-gram, abs=1e-5)
    assert odd(turned(x), turned(y)) == pytest.approx(gram, abs=1e-5)


@given(pairs(), pairs())
def test_kernels_of_x_with_y_are_those_of_y_with_x(x, y):
    assert even(x, y) == pytest.approx(even(y, x).T, abs=1e-5)
    assert odd(x, y) == pytest.approx(odd(y, x).T, abs=1e-5)


@given(pairs())
def test_a_pair_is_most_like_itself(x):
    gram = even(x, x)
    assert np.diag(gram) == pytest.approx(np.full(len(x), 2.0), abs=1e-4)
    assert gram.max() <= 2 + 1e-4


@given(pairs())
def test_kernels_have_no_negative_eigenvalue(x):
    assert np.linalg.eigvalsh(even(x, x).astype(np.float64)).min() > -1e-4
    assert np.linalg.eigvalsh(odd(x, x).astype(np.float64)).min() > -1e-4


@given(pairs(), pairs())
def test_the_even_kernel_is_what_its_equation_says(x, y):
    k = likeness(ENDS, ENDS).astype(np.float64)

    def symmetric(a: int, b: int, c: int, d: int) -> float:
        return k[a, c] * k[b, d] + k[a, d] * k[b, c]

    for i, (a, b) in enumerate(zip(x.a, x.b, strict=True)):
        for j, (c, d) in enumerate(zip(y.a, y.b, strict=True)):
            own = np.sqrt(symmetric(a, b, a, b) * symmetric(c, d, c, d))
            near = np.exp(-0.6 * ((x.signs[i] - y.signs[j]) ** 2).mean())
            assert even(x, y)[i, j] == pytest.approx(symmetric(a, b, c, d) / own + near, abs=1e-4)
            break


def test_a_pair_of_an_end_with_itself_has_no_direction():
    same = np.arange(5)
    x = Pairs(ENDS, same, same, SCALE(signs(ENDS, same, same)))
    assert odd(x, x) == pytest.approx(np.zeros((5, 5)), abs=1e-6)


@given(pairs())
def test_compact_pairs_are_the_same_pairs(x):
    small = x.compact()
    assert [small.ends.ends[row] for row in small.a] == [ENDS.ends[row] for row in x.a]
    assert [small.ends.ends[row] for row in small.b] == [ENDS.ends[row] for row in x.b]
    assert len(small.ends) == len(set(x.a.tolist()) | set(x.b.tolist()))


def test_scaled_values_have_mean_0_spread_1_and_a_limit():
    values = np.random.default_rng(0).normal(3, 2, (500, 4)).astype(np.float32)
    values[:, 3] = 1
    scaled = Scale.fit(values)(values)
    assert scaled.mean(axis=0) == pytest.approx(np.zeros(4), abs=0.01)
    assert scaled.std(axis=0) == pytest.approx([1, 1, 1, 0], abs=0.02)
    assert Scale.fit(values)(values + 1000).max() == LIMIT
