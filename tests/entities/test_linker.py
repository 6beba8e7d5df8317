from __future__ import annotations

import numpy as np
import pytest

import tiny_shop
from goeswith.entities.evidence import FEATURES, Candidates
from goeswith.entities.linker import NO_PRODUCT, Answered, Link, Linker
from goeswith.entities.scorer import fit_scorer, probabilities
from goeswith.text.encoders import Words
from goeswith.text.store import VectorStore

KNOWN = [
    Answered(item.name, "", item.entity or NO_PRODUCT) for item in tiny_shop.ITEMS if item.sku not in tiny_shop.WITHHELD
]
NEW = [item for item in tiny_shop.ITEMS if item.sku in tiny_shop.WITHHELD]


@pytest.fixture(scope="module")
def linker() -> Linker:
    return Linker.fit(KNOWN, ["fire engine"], _store())


def _store() -> VectorStore:
    return VectorStore(Words())


def link(linker: Linker, *titles: str) -> list[Link]:
    return linker.link(titles, [""] * len(titles), _store())


def test_withheld_titles_get_their_entity(linker):
    right = [found.term == item.entity for found, item in zip(link(linker, *(i.name for i in NEW)), NEW, strict=True)]
    assert np.mean(right) >= 0.9


def test_what_is_no_product_is_linked_to_no_term(linker):
    assert link(linker, "POSTAGE")[0].term == NO_PRODUCT


def test_a_term_without_any_title_can_be_linked(linker):
    assert link(linker, "WOODLAND FIRE ENGINE")[0].term == "fire engine"


def test_a_title_like_none_is_less_sure_than_one_like_many(linker):
    strange, usual = link(linker, "zzgl qwrk", "RED SPOT CANDLE HOLDER")
    assert strange.probability < 0.5 < usual.probability


def test_probabilities_lie_between_0_and_1(linker):
    assert all(0 <= found.probability <= 1 for found in link(linker, "", "x", "TEAPOT", "CANDLE, PEN, RIBBON"))


def test_a_title_gets_the_same_link_in_any_company(linker):
    alone = [link(linker, item.name)[0] for item in NEW[:4]]
    together = link(linker, *(item.name for item in NEW))[:4]
    assert [found.term for found in alone] == [found.term for found in together]
    np.testing.assert_allclose([f.probability for f in alone], [f.probability for f in together], atol=1e-6)


def test_no_titles_get_no_links(linker):
    assert link(linker) == []


def test_a_saved_linker_gives_identical_links(linker, tmp_path):
    linker.save(tmp_path)
    titles = [item.name for item in tiny_shop.ITEMS]
    assert link(Linker.load(tmp_path, _store()), *titles) == link(linker, *titles)


def test_the_order_of_the_answers_does_not_matter(linker):
    again = Linker.fit(KNOWN[::-1], ["fire engine"], _store())
    assert link(again, "SET OF 4 RED SPOT PEN") == link(linker, "SET OF 4 RED SPOT PEN")


@pytest.mark.parametrize("count", [1, 2, 4])
def test_a_few_answers_teach_nothing_but_break_nothing(tmp_path, count):
    linker = Linker.fit(KNOWN[:count], [], _store())
    linker.save(tmp_path)
    links = link(Linker.load(tmp_path, _store()), "GREEN TEAPOT")
    assert links == link(linker, "GREEN TEAPOT")
    assert links[0].probability <= 0.5


@pytest.fixture(scope="module")
def some_candidates() -> Candidates:
    rng = np.random.default_rng(0)
    title = np.repeat(np.arange(60), 5)
    return Candidates(title, np.tile(np.arange(5), 60), rng.normal(size=(300, len(FEATURES))).astype(np.float32))


def test_probabilities_of_a_title_sum_to_at_most_1(some_candidates):
    right = some_candidates.term == some_candidates.title % 7  # some titles have no right candidate
    scorer = fit_scorer(some_candidates, right)
    sums = np.bincount(some_candidates.title, probabilities(scorer, some_candidates))
    assert (sums <= 1 + 1e-9).all()
    assert sums.min() < 0.999


def test_a_scorer_learns_which_feature_tells(some_candidates):
    features = some_candidates.features.copy()
    right = some_candidates.term == some_candidates.title % 5
    features[:, 0] = right
    told = Candidates(some_candidates.title, some_candidates.term, features)
    probability = probabilities(fit_scorer(told, right), told)
    assert probability[right].min() > 0.8 > 0.2 > probability[~right].max()


def test_no_candidates_have_no_probabilities(some_candidates):
    scorer = fit_scorer(some_candidates, some_candidates.term == 0)
    nothing = np.zeros(0, np.int64)
    empty = Candidates(nothing, nothing, np.zeros((0, len(FEATURES)), np.float32))
    assert len(probabilities(scorer, empty)) == 0
