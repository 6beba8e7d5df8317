"""An LLM that contradicts people loses its say; one that agrees keeps it. Planted, with people who err or do not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from planted import World, world

from goeswith.relations import guard, saved
from goeswith.relations.classifier import KINDS, Classifier, Config
from goeswith.relations.examples import Examples
from goeswith.relations.guard import ENOUGH, TOLERANCE, guarded, left_out, quality

KINDS_OF = sorted(KINDS)
NEXT = np.array([7, 0, 3])
"""Of each coarse class a relation that it is not."""


@pytest.fixture(scope="module")
def shop() -> World:
    return world()


def people(shop: World, seed: int = 0, count: int = ENOUGH + 10, errors: float = 0.0) -> Examples:
    """Some of the taught pairs, of which this share is labelled wrongly."""
    rng = np.random.default_rng(seed)
    chosen = shop.taught.take(rng.permutation(len(shop.taught))[:count])
    return contradicted(chosen, rng.random(count) < errors)


def contradicted(said: Examples, rows: np.ndarray) -> Examples:
    nine = said.nine.copy()
    nine[rows] = np.eye(9)[NEXT[said.coarse[rows].argmax(axis=1)]]
    return replace(said, nine=nine)


def llm(shop: World, lies: bool) -> Examples:
    """What an LLM says of the pairs that people did not label; they look just like those that people did."""
    count = len(shop.held_out)
    said = contradicted(shop.held_out, np.full(count, lies))
    return replace(said, weight=np.full(count, 0.9), person=np.zeros(count, bool))


@pytest.mark.parametrize("kind", KINDS_OF)
class TestPlanted:
    def test_answers_that_contradict_people_lose_their_weight(self, shop, kind):
        labels, config = people(shop), Config(kind)
        examples = labels.join(llm(shop, lies=True))
        trusting = quality(examples, Classifier.fit(examples, shop.ends, config))
        alone = quality(labels, Classifier.fit(labels, shop.ends, config))
        model, share = guarded(examples, shop.ends, config)
        assert trusting < alone - TOLERANCE  # the lies do harm
        assert share <= 0.5
        assert quality(examples, model) >= alone - TOLERANCE

    def test_answers_that_help_keep_it(self, shop, kind):
        labels, config = people(shop), Config(kind)
        examples = labels.join(llm(shop, lies=False))
        model, share = guarded(examples, shop.ends, config)
        plain = Classifier.fit(examples, shop.ends, config)
        assert share == 1
        told, wanted = (m.predict(shop.ends, shop.held_out.a, shop.held_out.b).nine for m in (model, plain))
        assert np.array_equal(told, wanted)


@pytest.mark.parametrize(("kind", "seed"), [("kernel", 5), ("bagged", 1)])
class TestAtLast:
    """People who err leave a noisy measure, and lies come on top: what people's labels alone can do is kept."""

    @pytest.fixture
    def examples(self, shop: World, seed: int) -> Examples:
        return people(shop, seed, errors=0.25).join(llm(shop, lies=True))

    def test_it_is_the_classifier_of_people_alone(self, shop, examples, kind, tmp_path: Path):
        taught, config = examples.take(np.flatnonzero(examples.person)), Config(kind)
        alone = Classifier.fit(taught, shop.ends, config)
        model, share = guarded(examples, shop.ends, config)
        assert share == 0
        assert quality(examples, model) == quality(taught, alone)
        pairs = shop.ends, shop.held_out.a, shop.held_out.b
        assert np.array_equal(model.predict(*pairs).nine, alone.predict(*pairs).nine)
        assert np.array_equal(model.opinions(*pairs), alone.opinions(*pairs))
        # what looks at all examples finds scores of models that did not see them
        assert model.coarse.left_out.shape == (len(examples), 3)
        np.testing.assert_allclose(model.coarse.left_out[~examples.person], alone.scores(*pairs), atol=1e-5)
        assert left_out(examples, model).sum() == len(taught)
        saved.save(tmp_path, model, shop.language)
        loaded, _ = saved.load(tmp_path)
        np.testing.assert_allclose(loaded.predict(*pairs).nine, alone.predict(*pairs).nine, atol=1e-5)


def test_the_weight_falls_step_by_step_and_no_further_than_it_must(shop, monkeypatch):
    """With a measure that is content at a quarter."""
    labels = people(shop)
    examples, weights = labels.join(llm(shop, lies=True)), []

    def fit(taught: Examples, ends: object, config: object) -> Examples:
        weights.append(float(taught.weight[~taught.person].mean()) if not taught.person.all() else None)
        return taught

    def measured(given: Examples, model: Examples) -> float:
        heard = model.weight[~model.person]
        return 0.8 if not len(heard) or heard.max() < 0.3 else 0.8 - 2 * TOLERANCE

    monkeypatch.setattr(guard.Classifier, "fit", fit)
    monkeypatch.setattr(guard, "quality", measured)
    model, share = guarded(examples, shop.ends, Config())
    assert share == 0.25
    assert weights == pytest.approx([None, 0.9, 0.45, 0.225])
    assert (model.weight[model.person] == labels.weight).all()


@pytest.mark.parametrize("loss", [0.0, 0.9 * TOLERANCE])
def test_a_loss_within_the_tolerance_is_borne(shop, monkeypatch, loss):
    examples = people(shop).join(llm(shop, lies=True))
    monkeypatch.setattr(guard.Classifier, "fit", lambda taught, ends, config: taught)
    monkeypatch.setattr(guard, "quality", lambda given, model: 0.8 - loss * (len(given) == len(examples)))
    assert guarded(examples, shop.ends, Config())[1] == 1


class TestNotJudged:
    """Where people's labels cannot tell, the LLM is believed as its reliability says; one training is enough."""

    @pytest.fixture(autouse=True)
    def fitted(self, monkeypatch: pytest.MonkeyPatch) -> list[Examples]:
        fits: list[Examples] = []
        monkeypatch.setattr(guard.Classifier, "fit", lambda taught, ends, config: fits.append(taught) or taught)
        return fits

    def test_by_too_few_people(self, shop, fitted):
        examples = people(shop, count=ENOUGH - 1).join(llm(shop, lies=True))
        assert guarded(examples, shop.ends, Config())[1] == 1
        assert fitted == [examples]

    def test_by_people_who_name_one_class(self, shop, fitted):
        labels = people(shop)
        labels = replace(labels, nine=np.tile(np.eye(9)[0], (len(labels), 1)))
        examples = labels.join(llm(shop, lies=True))
        assert guarded(examples, shop.ends, Config())[1] == 1
        assert fitted == [examples]

    def test_where_no_llm_was_heard(self, shop, fitted):
        examples = people(shop)
        assert guarded(examples, shop.ends, Config())[1] == 1
        assert fitted == [examples]

    def test_nor_are_answers_without_people(self, shop, fitted):
        examples = llm(shop, lies=True)
        assert guarded(examples, shop.ends, Config())[1] == 1
        assert fitted == [examples]
