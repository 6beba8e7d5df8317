from __future__ import annotations

from pathlib import Path

import pytest

from goeswith.errors import SettingsError
from goeswith.settings import FILE, Settings, load


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    write(tmp_path, "[build]\nseed = 1\n")
    return tmp_path


def write(directory: Path, text: str) -> None:
    (directory / FILE).write_text(text, encoding="utf-8")


def test_an_empty_file_means_the_defaults(tmp_path):
    write(tmp_path, "")
    assert load(tmp_path, environment={}) == Settings()


def test_the_file_overrides_a_default(directory):
    assert load(directory, environment={}).build.seed == 1


def test_the_environment_overrides_the_file(directory):
    assert load(directory, environment={"GOESWITH_BUILD__SEED": "2"}).build.seed == 2


def test_set_overrides_the_environment(directory):
    settings = load(directory, ["build.seed=3"], {"GOESWITH_BUILD__SEED": "2"})
    assert settings.build.seed == 3


def test_the_process_environment_is_read_where_none_is_given(directory, monkeypatch):
    monkeypatch.setenv("GOESWITH_BUILD__SEED", "4")
    assert load(directory).build.seed == 4


def test_variables_without_a_section_are_somebody_elses(directory):
    assert load(directory, environment={"GOESWITH_HOME": "/x"}).build.seed == 1


def test_an_override_reaches_a_nested_table(directory):
    settings = load(directory, ["data.columns.items.title=Description"], {})
    assert settings.data.columns == {"items": {"title": "Description"}}


@pytest.mark.parametrize(
    ("override", "section", "key", "value"),
    [
        ("data.items=a file.csv", "data", "items", "a file.csv"),
        ("entities.merge=false", "entities", "merge", False),
        ('recommend.banned=["1", "2"]', "recommend", "banned", ["1", "2"]),
        ("entities.threshold=0.25", "entities", "threshold", 0.25),
    ],
)
def test_overrides_are_read_as_toml_and_bare_words_as_text(directory, override, section, key, value):
    assert getattr(getattr(load(directory, [override], {}), section), key) == value


def test_one_changed_confidence_keeps_the_others(directory):
    confidence = load(directory, ["graph.confidence.5=0.9"], {}).graph.confidence
    assert confidence["5"] == 0.9
    assert confidence["4"] == Settings().graph.confidence["4"]


@pytest.mark.parametrize("text", ["6 = 0.5", "5 = 1.5"])
def test_an_impossible_confidence_is_refused(tmp_path, text):
    write(tmp_path, f"[graph.confidence]\n{text}\n")
    with pytest.raises(SettingsError, match=r"graph\.confidence"):
        load(tmp_path, environment={})


def test_settings_cannot_be_changed_after_loading(directory):
    with pytest.raises(ValueError, match="frozen"):
        load(directory, environment={}).build.seed = 9


def test_a_missing_file_says_how_to_make_a_workspace(tmp_path):
    with pytest.raises(SettingsError, match=r"no goeswith.toml in .*\n.*goeswith init"):
        load(tmp_path, environment={})


def test_broken_toml_names_the_file_and_the_line(tmp_path):
    write(tmp_path, "[data]\nitems = \n")
    with pytest.raises(SettingsError, match=r"not valid TOML \(.*goeswith.toml; found .*line 2"):
        load(tmp_path, environment={})


def test_a_file_that_is_no_text_is_a_settings_error(tmp_path):
    (tmp_path / FILE).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="not valid TOML"):
        load(tmp_path, environment={})


def test_an_unknown_key_lists_those_known_beside_it(tmp_path):
    write(tmp_path, "[build]\nsede = 1\n")
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, environment={})
    assert caught.value.what == "unknown key 'build.sede'"
    assert caught.value.remedy == "known here: keep, memory, seed, threads"


def test_an_unknown_section_lists_the_sections(tmp_path):
    write(tmp_path, "[buidl]\nseed = 1\n")
    with pytest.raises(SettingsError, match="known here: build, data"):
        load(tmp_path, environment={})


def test_a_bad_value_shows_what_was_found_and_what_is_allowed(tmp_path):
    write(tmp_path, "[build]\nthreads = 0\n")
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, environment={})
    assert caught.value.what == "bad value for 'build.threads'"
    assert caught.value.found == "0"
    assert "greater than or equal to 1" in caught.value.remedy


def test_a_bad_value_from_the_environment_names_the_variable(directory):
    with pytest.raises(SettingsError) as caught:
        load(directory, environment={"GOESWITH_BUILD__SEED": "many"})
    assert caught.value.where == "GOESWITH_BUILD__SEED"


def test_an_unknown_key_from_set_names_the_option(directory):
    with pytest.raises(SettingsError) as caught:
        load(directory, ["build.sede=1"], {})
    assert caught.value.where == "--set build.sede"


@pytest.mark.parametrize("override", ["build.seed", "seed=1"])
def test_set_without_section_or_value_is_refused(directory, override):
    with pytest.raises(SettingsError, match=r"--set takes section\.key=value"):
        load(directory, [override], {})


def test_a_key_inside_a_plain_value_is_refused(directory):
    with pytest.raises(SettingsError, match="inside a plain value"):
        load(directory, ["build.seed.deep=1"], {})


def test_memory_must_have_a_unit(directory):
    with pytest.raises(SettingsError, match=r"build\.memory"):
        load(directory, ["build.memory=2000"], {})
