"""From titles to ends: of the catalogue, or linked."""

from __future__ import annotations

from typing import Any

import pytest

from goeswith.entities.linker import Link
from goeswith.relations.ends import End
from goeswith.relations.known import Known
from goeswith.relations.titles import Titles

CUP, TWIN, PEN = End("Red Cup", "cup", "drink"), End("RED  CUP", "mug"), End("Blue Pen", "pen", "write", "Office")
KNOWN = Known([CUP, TWIN, PEN, End("Red Cup", "cup", "drink tea")], {"1": 0, "2": 1, "3": 2}, {"cup": 3}, {"cup": [0]})


class Linker:
    """Links everything to cups; postage is no product, and riddles have a term that left the build."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def link(self, titles: list[str], categories: list[str], store: Any) -> list[Link]:
        assert len(titles) == len(categories)
        self.asked.append(titles)
        terms = {"Postage": "", "Riddle": "sphinx"}
        return [Link(terms.get(title, "cup"), 0.1) for title in titles]


@pytest.fixture
def linker() -> Linker:
    return Linker()


@pytest.fixture
def titles(linker: Linker) -> Titles:
    return Titles(KNOWN, linker, None)  # type: ignore[arg-type]


def test_a_title_of_the_catalogue_is_its_item_in_any_spelling(titles, linker):
    found = titles.ends(["red cup", " BLUE pen\u200b", "Red Cup"])
    assert found == {"red cup": CUP, " BLUE pen\u200b": PEN, "Red Cup": CUP}
    assert linker.asked == []


def test_of_items_with_one_title_the_first_speaks(titles):
    assert titles.ends(["Red Cup"])["Red Cup"] is CUP


def test_another_title_has_its_likeliest_entity_however_doubtful_and_its_function(titles):
    assert titles.ends(["Odd goblet"]) == {"Odd goblet": End("Odd goblet", "cup", "drink tea")}


def test_a_title_without_a_product_and_a_term_that_is_gone(titles):
    assert titles.ends(["Postage", "Riddle"]) == {"Postage": End("Postage", ""), "Riddle": End("Riddle", "sphinx")}


def test_titles_are_linked_once_all_together_and_sorted(titles, linker):
    titles.ends(["b", "a ", "b", "red cup", "a "])
    assert linker.asked == [["a", "b"]]


def test_items_by_id(titles):
    assert titles.item("2") is TWIN
    assert titles.item("nope") is None
    assert titles.item("") is None
