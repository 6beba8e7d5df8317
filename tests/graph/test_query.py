from __future__ import annotations

import pytest

from goeswith.graph.diff import diff
from goeswith.graph.phrases import phrase
from goeswith.knowledge.relation import Coarse, Relation


def test_an_edge_is_found_from_both_ends_with_its_relation_swapped(graph):
    (there,) = graph.neighbours("lamp oil", Coarse.COMPLEMENTARY)
    (back,) = graph.neighbours("oil lamp", Coarse.COMPLEMENTARY)
    assert (there.other, there.relation) == ("oil lamp", Relation.REFILLS)
    assert (back.other, back.relation) == ("lamp oil", Relation.REFILLED_BY)
    assert there.probability == back.probability


def test_neighbours_come_surest_first(graph):
    probabilities = [edge.probability for edge in graph.neighbours("cup")]
    assert probabilities == sorted(probabilities, reverse=True)
    assert len(probabilities) == 3


def test_neighbours_can_be_chosen_by_class_and_probability(graph):
    assert [edge.other for edge in graph.neighbours("cup", Coarse.SUBSTITUTE)] == ["oil lamp"]
    assert graph.neighbours("cup", Coarse.SUBSTITUTE, minimum=0.9) == []


def test_an_unknown_entity_has_no_neighbours(graph):
    assert graph.neighbours("spaceship") == []


def test_each_pair_of_a_class_comes_once(graph):
    pairs = [(edge.term, edge.other) for edge in graph.of(Coarse.COMPLEMENTARY)]
    assert pairs == [("cup", "saucer"), ("lamp oil", "oil lamp")]


@pytest.mark.parametrize("relation", Relation)
def test_every_relation_has_a_phrase_with_both_ends(relation):
    words = phrase(relation, "tea {cup}", "saucer")
    assert "tea {cup}" in words
    assert "saucer" in words


@pytest.mark.parametrize("relation", [Relation.ENHANCES, Relation.ENHANCED_BY])
def test_one_fact_has_one_phrase_from_both_ends(relation):
    assert phrase(relation, "cup", "saucer") == phrase(relation.swapped, "saucer", "cup")


def test_refilling_is_told_from_either_end():
    assert phrase(Relation.REFILLS, "lamp oil", "oil lamp") == "lamp oil refills oil lamp"
    assert phrase(Relation.REFILLED_BY, "oil lamp", "lamp oil") == "oil lamp is refilled with lamp oil"


def test_a_build_does_not_differ_from_itself(make, said):
    folder = make(said("cup", "saucer", "together"))
    found = diff(folder, folder)
    assert not any(vars(found).values())


def test_entities_and_edges_that_came_and_went(make, said):
    before = make(said("cup", "saucer", "together"), name="before")
    terms = ["bowl", "cup", "lamp oil", "oil lamp"]
    after = make(said("bowl", "cup", "substitute"), name="after", terms=terms)
    found = diff(before, after)
    assert (found.entities_added, found.entities_removed) == (["bowl"], ["saucer"])
    assert [edge.other for edge in found.edges_added] == ["cup"]
    assert [edge.other for edge in found.edges_removed] == ["saucer"]


@pytest.mark.parametrize(
    ("relation", "confidence", "changed"),
    [("together", 5, 0), ("together", 4, 1), ("together", 2, 1), ("enhances", 5, 1)],
)
def test_an_edge_changed_where_it_says_something_else(make, said, relation, confidence, changed):
    before = make(said("cup", "saucer", "together", confidence=5), name="before")
    after = make(said("cup", "saucer", relation, confidence=confidence), name="after")
    assert len(diff(before, after).edges_changed) == changed
