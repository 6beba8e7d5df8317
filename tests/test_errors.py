from __future__ import annotations

from pathlib import Path

import pytest

from goeswith import errors
from goeswith.errors import DataError, GoeswithError

CLASSES = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, Exception)]


@pytest.mark.parametrize("error", CLASSES, ids=lambda error: error.__name__)
def test_every_error_is_a_documented_goeswith_error(error):
    assert issubclass(error, GoeswithError)
    assert vars(error)["__doc__"]


def test_the_tree_fits_on_one_screen():
    assert len(Path(errors.__file__).read_text().splitlines()) <= 50


def test_a_bare_error_is_its_message():
    assert str(DataError("no rows")) == "no rows"


def test_where_and_found_stand_in_brackets():
    error = DataError("no column 'title'", where="items.csv", found="sku, name")
    assert str(error) == "no column 'title' (items.csv; found sku, name)"


def test_the_remedy_is_the_second_line():
    lines = str(DataError("no rows", where="items.csv", remedy="write one")).splitlines()
    assert lines == ["no rows (items.csv)", "write one"]


def test_the_parts_stay_readable_for_programs():
    error = DataError("what", where="where", found="found", remedy="remedy")
    assert (error.what, error.where, error.found, error.remedy) == ("what", "where", "found", "remedy")
