from __future__ import annotations

import pytest

from goeswith.entities.merging import Use, merge_meanings, merge_spellings
from goeswith.knowledge.relation import Relation

COLOURS = ["red", "blue", "green", "white", "black"]


def used(term: str, run: int = 1, titles: list[str] | None = None) -> list[Use]:
    """Five titles that a run gave the term."""
    return [Use(term, title, run) for title in titles or [f"{colour} hair straightener iron" for colour in COLOURS]]


def sure(a: str, b: str, relation: Relation = Relation.SUBSTITUTE, confidence: int = 5):
    return {frozenset((a, b)): [(relation, confidence)]}


def test_spellings_become_the_most_used_form():
    names = merge_spellings(["Tea Light", "tealights", "tea light", "tea light", "cup"])
    assert names == {"Tea Light": "tea light", "tealights": "tea light", "tea light": "tea light", "cup": "cup"}


def test_open_and_closed_compounds_are_one_and_ties_go_to_the_shorter():
    assert set(merge_spellings(["hair band", "hairband"]).values()) == {"hairband"}


def test_other_words_are_other_terms():
    assert merge_spellings(["cup", "mug"]) == {"cup": "cup", "mug": "mug"}


def test_two_names_of_one_thing_are_merged_into_the_more_used(store):
    uses = used("hair straightener set") + used("hair straightener kit", 2)[:4]
    merged = merge_meanings(uses, sure("hair straightener set", "hair straightener kit"), store)
    assert merged == {"hair straightener kit": "hair straightener set"}


def test_without_an_answer_the_evidence_must_be_stronger(store):
    few = used("hair straightener set") + used("hair straightener kit", 2)[:3]
    enough = used("hair straightener set") + used("hair straightener kit", 2)
    assert merge_meanings(few, {}, store) == {}
    assert merge_meanings(enough, {}, store) == {"hair straightener set": "hair straightener kit"}


@pytest.mark.parametrize(
    ("relation", "confidence"), [(Relation.SUBSTITUTE, 4), (Relation.TOGETHER, 5), (Relation.UNRELATED, 5)]
)
def test_any_other_answer_keeps_them_apart(store, relation, confidence):
    uses = used("hair straightener set") + used("hair straightener kit", 2)
    answers = sure("hair straightener set", "hair straightener kit", relation, confidence)
    assert merge_meanings(uses, answers, store) == {}


def test_a_paper_cup_lid_is_no_paper_cup(store):
    titles = [f"{colour} paper cup lid" for colour in COLOURS]
    uses = used("paper cup", 1, titles) + used("paper cup lid", 2, titles)
    assert merge_meanings(uses, sure("paper cup", "paper cup lid"), store) == {}


def test_who_uses_both_in_one_run_means_two_things(store):
    apart = used("hair straightener set") + used("hair straightener kit", 1)
    assert merge_meanings(apart, sure("hair straightener set", "hair straightener kit"), store) == {}


def test_titles_that_look_unlike_keep_terms_apart(store):
    other = [f"{colour} porcelain elephant figure" for colour in COLOURS]
    uses = used("hair straightener set") + used("hair straightener kit", 2, other)
    assert merge_meanings(uses, sure("hair straightener set", "hair straightener kit"), store) == {}


def test_groups_are_complete(store):
    """set = kit and kit = box, but set and box are told apart: nobody may bring all three together."""
    a, b, c = "hair straightener set", "hair straightener kit", "hair straightener box"
    answers = sure(a, b) | sure(b, c) | sure(a, c, Relation.TOGETHER)
    merged = merge_meanings(used(a, 1) + used(b, 2) + used(c, 3), answers, store)
    assert len(merged) == 1
    assert frozenset(*merged.items()) in (frozenset((a, b)), frozenset((b, c)))


def test_three_names_that_all_pass_are_one_entity(store):
    a, b, c = "hair straightener set", "hair straightener kit", "hair straightener box"
    merged = merge_meanings(used(a, 1) + used(b, 2) + used(c, 3), sure(a, b) | sure(b, c) | sure(a, c), store)
    assert merged == {a: c, b: c}  # all are used alike, so the first by name is kept


def test_nothing_used_merges_nothing(store):
    assert merge_meanings([], {}, store) == {}
