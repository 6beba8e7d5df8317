from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planted import Short, world

from goeswith.relations.ends import DIMENSIONS, End, Language, texts_of
from goeswith.text.store import VectorStore

PEN = End("Parker Jotter pen", "pen", "write on the paper", "Office")
REFILL = End("Parker pen refill", "pen refill", "refill a pen")
ODD = [End("", ""), End("ボールペン 替芯", "refill"), End("?!", "?!", "?!", "?!")]

ends_of_all_kinds = st.lists(st.builds(End, st.text(max_size=9), st.text(max_size=9), st.text(max_size=9)), min_size=1)


def length(rows: np.ndarray) -> np.ndarray:
    return np.linalg.norm(rows, axis=1)


@given(ends_of_all_kinds)
def test_vectors_have_length_1_or_0_and_sparse_rows_too(ends):
    encoded = Language.fit(ends).encode(ends, VectorStore(Short()))
    for vectors in (*encoded.meanings, encoded.characters.toarray(), encoded.entity_words.toarray()):
        assert len(vectors) == len(ends)
        assert np.all(np.isclose(length(vectors), 1, atol=1e-4) | (length(vectors) == 0))


def test_terms_and_uses_are_embedded_as_an_end_names_them():
    store = VectorStore(Short())
    encoded = Language.fit([PEN, REFILL]).encode([PEN, REFILL], store)
    said = Short().encode(["pen", "pen; used to write on the paper", "write on the paper"])
    assert [encoded.entity[0], encoded.use[0], encoded.function[0]] == pytest.approx(said)


def test_where_no_function_is_known_the_entity_stands_in():
    encoded = Language.fit([PEN, End("A pen", "pen")]).encode([End("A pen", "pen")], VectorStore(Short()))
    assert encoded.use == pytest.approx(encoded.entity)
    assert encoded.function == pytest.approx(encoded.entity)


def test_titles_alike_in_spelling_are_near():
    shop = world()
    near = shop.ends.title @ shop.ends.title.T
    titles = [end.title for end in shop.ends.ends]
    pen, other_pen, mop = (
        titles.index(title) for title in ("Acme pen refill 0", "Bolt pen refill 1", "Acme mop case 0")
    )
    assert near[pen, other_pen] > near[pen, mop]


def test_titles_nobody_can_read_are_compared_by_characters_alone():
    ends = [End("ボールペン 替芯", "refill"), End("ボールペン", "pen"), End("消しゴム", "eraser")]
    encoded = Language.fit(ends).encode(ends, VectorStore(Short()))
    assert encoded.title.shape[1] <= DIMENSIONS
    assert encoded.title[0] @ encoded.title[1] > encoded.title[0] @ encoded.title[2]


def test_the_store_is_asked_for_nothing_that_texts_of_did_not_name():
    for ends in ([PEN, REFILL], ODD, [*ODD, PEN]):
        store = VectorStore(Short())
        store.add(texts_of(ends))
        known = len(store._vectors)
        Language.fit(ends).encode(ends, store)
        assert len(store._vectors) == known


def test_words_are_those_that_carry_meaning():
    entity, function, title, category = Language.fit([PEN]).encode([PEN], VectorStore(Short())).words[0]
    assert (entity, function) == (["pen"], ["write", "paper"])
    assert "parker" in title
    assert "office" in category


def test_a_word_weighs_more_the_rarer_it_is_and_less_than_twice_when_said_twice():
    language = Language.fit([PEN, REFILL, End("", "pen pen cap")])
    row = language.encode([End("", "pen pen cap")], VectorStore(Short())).entity_words.data
    pen, cap = 1 + np.log(4 / 4), 1 + np.log(4 / 2)
    expected = np.array([(1 + np.log(2)) * pen, cap])
    assert sorted(row) == pytest.approx(sorted(expected / np.linalg.norm(expected)), abs=1e-5)


def test_taken_rows_are_the_rows():
    ends = world().ends
    some = ends.take(np.array([5, 2]))
    assert [end.title for end in some.ends] == [ends.ends[5].title, ends.ends[2].title]
    assert np.array_equal(some.use, ends.use[[5, 2]])
    assert some.words == [ends.words[5], ends.words[2]]


def test_a_language_encodes_ends_it_never_met_as_before_and_after_saving():
    language, new = Language.fit([PEN, REFILL]), [End("Lamy ink", "ink cartridge", "fill a pen"), *ODD]
    again = Language.from_tensors(language.tensors())
    first, second = (each.encode(new, VectorStore(Short())) for each in (language, again))
    assert np.array_equal(first.title, second.title)
    assert (first.characters != second.characters).nnz == 0


def test_an_end_is_encoded_the_same_in_any_company():
    shop = world()
    alone = shop.language.encode([shop.ends.ends[4]], shop.store)
    assert alone.title[0] == pytest.approx(shop.ends.title[4], abs=1e-6)
    assert alone.use[0] == pytest.approx(shop.ends.use[4], abs=1e-6)
