from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goeswith.entities.terms import IRREGULAR, compact, singular, term_key, tokens

WORDS = st.text("abcdeghiklnoprstuxyz", min_size=1, max_size=12)
TERMS = st.lists(st.one_of(WORDS, st.sampled_from([*IRREGULAR, "glass", "tealight", "grey", "&"])), max_size=4)


@pytest.mark.parametrize(
    ("plural", "one"),
    [
        ("candles", "candle"),
        ("brushes", "brush"),
        ("boxes", "box"),
        ("berries", "berry"),
        ("glasses", "glasses"),
        ("knives", "knife"),
        ("cactus", "cactus"),
        ("glass", "glass"),
        ("gas", "gas"),
        ("cup", "cup"),
    ],
)
def test_nouns_become_singular(plural, one):
    assert singular(plural) == one


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Tea-Lights", "tea light"),
        ("TEALIGHT", "tea light"),
        ("jewellery box", "Jewelry Boxes"),
        ("salt & pepper mill", "salt and pepper mills"),
        ("child's mug", "childs mug"),
        ("tea_cup", "tea  cup"),
        ("ｔｅａ cup", "tea cup"),
    ],
)
def test_two_spellings_of_a_term_have_one_key(a, b):
    assert term_key(a) == term_key(b)


@pytest.mark.parametrize(("a", "b"), [("cup", "cap"), ("paper cup", "paper cup lid"), ("oil lamp", "lamp oil")])
def test_other_terms_have_other_keys(a, b):
    assert term_key(a) != term_key(b)


@given(TERMS)
def test_word_order_is_kept_and_case_is_not(words):
    term = " ".join(words)
    assert tokens(term.upper()) == tokens(term)


@given(TERMS)
def test_a_key_does_not_depend_on_spaces_around_and_between(words):
    assert term_key(f"  {'   '.join(words)} ") == term_key(" ".join(words))


@given(st.sampled_from(sorted(IRREGULAR.values())))
def test_singular_leaves_the_irregular_singulars_alone(word):
    assert singular(word) == word


@given(
    st.lists(st.sampled_from(["teapot", "candle", "tea lights", "berries", "glasses", "brushes", "boxes"]), max_size=5)
)
def test_a_key_is_its_own_key(words):
    key = term_key(" ".join(words))
    assert term_key(key) == key


@given(st.text(max_size=30))
def test_compact_twice_is_compact_once(text):
    assert compact(compact(text)) == compact(text)


@given(TERMS)
def test_compact_only_takes_spaces_away(words):
    key = term_key(" ".join(words))
    assert compact(key) == "".join(key.split(" "))


def test_open_and_closed_compounds_are_compact_alike():
    assert compact(term_key("T-light holder")) == compact(term_key("Tlight holders"))


@pytest.mark.parametrize("term", ["", "  ", "!?"])
def test_a_term_without_words_keeps_what_it_is(term):
    assert term_key(term) == term.strip()


@pytest.mark.parametrize("term", ["茶碗", "Räuchermännchen", "чашка"])
def test_other_languages_pass(term):
    assert term_key(term) == term.casefold()
