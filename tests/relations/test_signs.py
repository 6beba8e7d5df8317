from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planted import Short, world

from goeswith.relations.ends import End, Ends, Language
from goeswith.relations.signs import NAMES, signs
from goeswith.text.store import VectorStore

TEXT = st.text("abpen refill替芯/ ", max_size=14)


def encoded(ends: list[End]) -> Ends:
    return Language.fit(ends).encode(ends, VectorStore(Short()))


def between(x: End, y: End) -> dict[str, float]:
    row = signs(encoded([x, y]), np.array([0]), np.array([1]))[0]
    return dict(zip(NAMES, row.tolist(), strict=True))


@given(st.lists(st.builds(End, TEXT, TEXT, TEXT, TEXT), min_size=2, max_size=6))
def test_swapping_the_ends_changes_no_sign(ends):
    rows = encoded(ends)
    a, b = (grid.ravel() for grid in np.indices((len(ends), len(ends))))
    forth = signs(rows, a, b)
    assert np.array_equal(forth, signs(rows, b, a))
    assert forth.shape == (len(a), len(NAMES))
    assert forth.dtype == np.float32
    assert np.isfinite(forth).all()


def test_all_but_cosines_are_shares():
    shop = world()
    values = signs(shop.ends, shop.taught.a, shop.taught.b)[:, NAMES.index("same entity") :]
    assert values.min() >= 0
    assert values.max() <= 1


def test_a_refill_is_recognised_by_its_words_and_by_its_use():
    found = between(End("Parker pen", "pen", "write notes"), End("Parker refill", "ink refill", "refill a pen"))
    for sign in ("entity in function", "head in function", "one refills", "one title refills", "one is a part"):
        assert found[sign] == 1, sign
    for sign in ("both refill", "both titles refill", "same entity", "same function", "same head"):
        assert found[sign] == 0, sign
    assert 0 < found["titles begin alike"] < 1


def test_japanese_titles_tell_refills_too():
    assert between(End("ボールペン", "pen"), End("ボールペン 替芯", "pen refill"))["one title refills"] == 1


def test_like_things_are_alike():
    found = between(End("red pen", "pen", "write notes"), End("blue pen", "pen", "write notes"))
    for sign in ("same entity", "same function", "same verb", "same object", "entities overlap", "cosine of uses"):
        assert found[sign] == pytest.approx(1), sign
    assert found["entity to function, difference"] == pytest.approx(0, abs=1e-6)


def test_the_grammar_of_terms():
    within = between(End("", "lamp"), End("", "desk lamp"))
    assert (within["entity within entity"], within["head modifies"], within["same head"]) == (1, 0, 1)
    modified = between(End("", "lamp"), End("", "lamp shade"))
    assert (modified["head modifies"], modified["entity in entity"]) == (1, 1)


def test_unknown_functions_and_categories_say_nothing():
    found = between(End("a", "pen"), End("b", "mop"))
    for sign in ("same function", "same verb", "same category", "categories overlap", "functions overlap"):
        assert found[sign] == 0, sign


def test_categories_are_compared_by_their_parts():
    found = between(End("", "", category="Beauty > Nails > Polish"), End("", "", category="Beauty > Nails > Files"))
    assert found["same category"] == 0
    assert found["categories overlap"] == pytest.approx(0.5)
