from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goeswith.entities.titles import Match, TermMatcher, Title

TERMS = ["turkey burger", "burger", "cup", "paper cup", "tea light", "holder", "tea light holder"]


def found(title: str, terms: list[str] = TERMS) -> dict[str, Match]:
    return {terms[number]: match for number, match in TermMatcher(terms).find(Title.parse(title)).items()}


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("Organic Turkey Burgers, Frozen", ["organic turkey burger", "frozen"]),
        ("CANDLE HOLDER WITH GLASS", ["candle holder", "glass"]),
        ("Lid for cup", ["lid", "cup"]),
        ("Pen (blue)", ["pen", "blue"]),
        ("Tea - loose", ["tea", "loose"]),
        ("T-shirt", ["t shirt"]),
        ("茶碗、赤", ["茶碗", "赤"]),
        (", ,", []),
        ("", []),
    ],
)
def test_segments_end_at_marks_and_small_words(text, segments):
    title = Title.parse(text)
    starts = (0, *title.ends)
    assert [" ".join(title.words[a:b]) for a, b in zip(starts, title.ends, strict=False)] == segments


@given(st.text(max_size=60))
def test_segments_end_in_order_and_hold_all_words(text):
    title = Title.parse(text)
    assert list(title.ends) == sorted(set(title.ends))
    assert (title.ends[-1] if title.ends else 0) == len(title.words)
    assert title.text == " ".join(title.words)


def test_all_terms_of_a_title_are_found_and_the_longest_is_known():
    matches = found("RED PAPER CUPS")
    assert {term: match.longest for term, match in matches.items()} == {"paper cup": True, "cup": False}


def test_the_head_of_the_first_segment_is_told_from_the_rest():
    matches = found("Turkey Burgers with paper cup and tea light, holder for 2")
    assert matches["turkey burger"].ends_first_segment
    assert not matches["paper cup"].ends_first_segment
    assert not matches["paper cup"].ends_a_segment
    assert matches["holder"].ends_a_segment


def test_of_two_places_the_head_of_the_first_segment_is_kept():
    match = found("cup, paper cup for cup")["cup"]
    assert (match.first, match.last, match.ends_first_segment) == (0, 1, True)


def test_elsewhere_the_last_place_is_kept():
    match = found("a cup a cup of tea")["cup"]
    assert (match.first, match.last) == (3, 4)


def test_compounds_match_open_or_closed():
    assert found("GLASS TEALIGHT HOLDER")["tea light holder"].longest
    assert set(found("T-LIGHTS", ["tlight"])) == {"tlight"}


@pytest.mark.parametrize("title", ["cupboard", "", "tea"])
def test_parts_of_words_are_no_match(title):
    assert found(title) == {}


def test_an_empty_term_is_never_found():
    assert found("cup", ["", "cup"]).keys() == {"cup"}
