"""Files of the classifier; that each kind of model survives them is in test_coarse_models."""

from __future__ import annotations

import json

import numpy as np
import pytest
from planted import World, world

from goeswith.errors import WorkspaceError
from goeswith.relations import saved
from goeswith.relations.classifier import Classifier, Config
from goeswith.relations.ends import End
from goeswith.relations.signs import NAMES


@pytest.fixture(scope="module")
def shop() -> World:
    return world()


@pytest.fixture(scope="module")
def model(shop: World) -> Classifier:
    return Classifier.fit(shop.taught, shop.ends, Config(landmarks=80))


def test_the_files_are_json_and_safetensors_and_nothing_else(shop, model, tmp_path):
    saved.save(tmp_path, model, shop.language)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(saved.ARTIFACTS)
    document = json.loads((tmp_path / "relations.json").read_text(encoding="utf-8"))
    assert (document["kind"], document["signs"]) == ("kernel", list(NAMES))


def test_the_same_model_gives_the_same_bytes_also_when_loaded_and_saved_again(shop, model, tmp_path):
    for name in ("first", "second", "third"):
        (tmp_path / name).mkdir()
    saved.save(tmp_path / "first", model, shop.language)
    saved.save(tmp_path / "second", model, shop.language)
    saved.save(tmp_path / "third", *saved.load(tmp_path / "first"))
    for artifact in saved.ARTIFACTS:
        first, second, third = ((tmp_path / name / artifact).read_bytes() for name in ("first", "second", "third"))
        assert first == second == third


def test_only_ends_that_are_remembered_are_kept(shop, model, tmp_path):
    saved.save(tmp_path, model, shop.language)
    kept = json.loads((tmp_path / "relations.json").read_text(encoding="utf-8"))["ends"]
    used = {
        row for pairs in (model.landmarks, *(d.pairs for d in model.fine.directions)) for row in [*pairs.a, *pairs.b]
    }
    assert [End(*row) for row in kept] == [shop.ends.ends[row] for row in sorted(used)]


def test_ends_never_met_are_told_the_same_by_a_loaded_model(shop, model, tmp_path):
    saved.save(tmp_path, model, shop.language)
    loaded, language = saved.load(tmp_path)
    new = [End("Delta 羽根ペン", "quill", "write letters"), End("Delta ink", "ink refill", "refill a quill", "Office")]
    a, b = np.array([0, 1]), np.array([1, 0])
    mine = model.predict(shop.language.encode(new, shop.store), a, b)
    theirs = loaded.predict(language.encode(new, shop.store), a, b)
    assert theirs.nine == pytest.approx(mine.nine, abs=1e-6)


def test_a_build_without_a_classifier_says_why(tmp_path):
    saved.save_untrained(tmp_path, "7 labelled pairs on record, at least 30 are needed")
    with pytest.raises(WorkspaceError, match="7 labelled pairs") as raised:
        saved.load(tmp_path)
    assert "llm.recorded" in str(raised.value)
