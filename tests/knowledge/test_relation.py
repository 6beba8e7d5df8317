from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goeswith.errors import DataError
from goeswith.knowledge.relation import DIRECTED, Coarse, Relation, coarse, parse, swapped

RELATIONS = st.sampled_from(Relation)
ANY = st.one_of(RELATIONS, st.sampled_from(Coarse))


@given(ANY)
def test_swapping_twice_is_no_swap(relation):
    assert swapped(swapped(relation)) == relation


@given(ANY)
def test_swapping_keeps_the_coarse_class(relation):
    assert coarse(swapped(relation)) == coarse(relation)


@given(RELATIONS)
def test_a_relation_is_directed_where_swapping_changes_it(relation):
    assert (relation in DIRECTED) == (relation.swapped != relation)


def test_swapping_exchanges_refills_and_enhances():
    changed = {relation: relation.swapped for relation in Relation if relation.swapped != relation}
    assert changed == {2: 3, 3: 2, 5: 6, 6: 5}


def test_the_coarse_map_is_the_published_one():
    classes = [str(Relation(number).coarse) for number in range(1, 10)]
    assert classes == ["substitute", *["complementary"] * 6, "unrelated", "unrelated"]


@given(RELATIONS)
def test_a_class_is_read_by_number_and_by_name(relation):
    assert parse(str(int(relation))) is parse(relation.name) is parse(relation.name.lower()) is relation


@pytest.mark.parametrize("text", [" 7 ", "7.0", "Together", "TOGETHER"])
def test_spellings_of_one_class(text):
    assert parse(text) is Relation.TOGETHER


def test_names_may_have_spaces():
    assert parse("refilled by") is Relation.REFILLED_BY


def test_a_coarse_name_is_a_coarse_class_where_no_fine_one_has_it():
    assert parse("complementary") is Coarse.COMPLEMENTARY
    assert coarse(parse("substitute")) is Coarse.SUBSTITUTE


@given(st.text())
def test_any_other_text_is_a_data_error(text):
    try:
        assert isinstance(parse(text), Relation | Coarse)
    except DataError as error:
        assert "1 to 9" in error.remedy  # noqa: PT017


@pytest.mark.parametrize("text", ["0", "10", "-1", "", "²", "1.5", "complement"])
def test_what_is_no_relation_is_refused(text):
    with pytest.raises(DataError, match="unknown relation"):
        parse(text)
