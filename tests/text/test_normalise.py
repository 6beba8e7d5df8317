from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goeswith.text.normalise import clean, title_key, words


@pytest.mark.parametrize(
    ("title", "seen"),
    [
        ("TEA\u200b  CUP\n", "TEA CUP"),
        ("TEA \u200b CUP", "TEA CUP"),
        ("tea\tcup", "tea cup"),
        ("\ufeffTea cup", "Tea cup"),
        ("Ｔｅａ　ｃｕｐ", "Tea cup"),
        ("½ litre", "1⁄2 litre"),
        ("cafe\u0301", "café"),
        ("茶碗", "茶碗"),
        ("\x00\x07", ""),
    ],
)
def test_a_title_as_a_person_sees_it(title, seen):
    assert clean(title) == seen


@given(st.text())
def test_cleaning_twice_changes_nothing(text):
    assert clean(clean(text)) == clean(text)


@given(st.text())
def test_a_clean_title_has_single_spaces_and_no_control_characters(text):
    seen = clean(text)
    assert "  " not in seen
    assert seen == seen.strip()
    assert not any(ord(char) < 32 for char in seen)


@pytest.mark.parametrize("other", ["RED CUP", " red  cup", "red\u00a0cup", "ＲＥＤ cup"])
def test_titles_with_one_key_are_one_title(other):
    assert title_key(other) == title_key("Red cup")


def test_punctuation_keeps_titles_apart():
    assert title_key("cup, red") != title_key("cup red")


@pytest.mark.parametrize(
    ("title", "found"),
    [
        ("Tea-cup, RED!", ["tea", "cup", "red"]),
        ("Baker's dozen", ["bakers", "dozen"]),
        ("Baker’s dozen", ["bakers", "dozen"]),
        ("2.5 l", ["2", "5", "l"]),
        ("茶碗 (大)", ["茶碗", "大"]),
        ("…!", []),
    ],
)
def test_words_of_a_title(title, found):
    assert words(title) == found
