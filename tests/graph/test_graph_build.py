from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goeswith.annotate.quality import Quality
from goeswith.graph.build import distribution
from goeswith.knowledge.relation import Coarse, Relation, parse
from goeswith.knowledge.relation import swapped as swap
from goeswith.settings import Graph

UNTAUGHT = Quality.fit([])
"""What an LLM states is believed: no person labelled the same pairs."""
ANSWERS = st.fixed_dictionaries(
    {
        "relation": st.sampled_from([*(relation.name.lower() for relation in Relation), "complementary"]),
        "kind": st.sampled_from(["llm", "person", "curated"]),
        "confidence": st.sampled_from([None, 1, 2, 3, 4, 5]),
        "probability": st.one_of(st.none(), st.floats(0, 1)),
    }
)


def parse_swapped(relation: str) -> str:
    return swap(parse(relation)).name.lower()


def edge(folder: Any) -> dict[str, Any]:
    return pq.read_table(folder / "edges.parquet").to_pylist()[0]


def of_one_kind(kind: str) -> Any:
    return st.lists(ANSWERS.map(lambda answer: answer | {"kind": kind}), min_size=1, max_size=5)


HEARD = st.sampled_from(["llm", "person", "curated"]).flatmap(of_one_kind)


@given(HEARD)
def test_a_distribution_sums_to_one(answers):
    found = distribution(answers, Graph(), UNTAUGHT)
    assert found.sum() == pytest.approx(1)
    assert (found >= 0).all()


@given(HEARD)
def test_swapped_answers_give_the_swapped_distribution(answers):
    swapped = [{**answer, "relation": parse_swapped(answer["relation"])} for answer in answers]
    places = [relation.swapped - 1 for relation in Relation]
    found = distribution(answers, Graph(), UNTAUGHT)[places]
    assert distribution(swapped, Graph(), UNTAUGHT) == pytest.approx(found)


def test_a_sure_answer_puts_its_reliability_on_its_class():
    given = {"relation": "together", "kind": "llm", "confidence": 5, "probability": None}
    found = distribution([given], Graph(), UNTAUGHT)
    assert found[1:7].sum() == pytest.approx(Graph().confidence["5"])
    assert found.argmax() == Relation.TOGETHER - 1


def test_a_coarse_answer_is_spread_over_its_fine_classes():
    given = {"relation": "complementary", "kind": "person", "confidence": None, "probability": None}
    found = distribution([given], Graph(person=0.9), UNTAUGHT)
    assert found[1:7] == pytest.approx(np.full(6, 0.15))


def test_votes_that_differ_are_less_sure_than_votes_that_agree(make, said):
    agree = make(said("cup", "saucer", "together"), said("cup", "saucer", "together", vote=2), name="agree")
    differ = make(said("cup", "saucer", "together"), said("cup", "saucer", "unrelated", vote=2), name="differ")
    assert edge(agree)["probability"] > edge(differ)["probability"]
    assert edge(agree)["votes"] == 2


def test_the_written_distribution_fits_its_coarse_one(make, said):
    found = edge(make(said("cup", "saucer", "enhances", confidence=3)))
    fine = [found[f"p{number}"] for number in range(1, 10)]
    assert sum(fine) == pytest.approx(1)
    assert found["p_complementary"] == found["probability"] == pytest.approx(sum(fine[1:7]))
    assert (found["p_substitute"], found["p_unrelated"]) == pytest.approx((fine[0], sum(fine[7:])))


@pytest.mark.parametrize("relation", [relation.name.lower() for relation in Relation])
def test_a_confident_answer_becomes_the_edge(make, said, relation):
    found = edge(make(said("lamp oil", "oil lamp", relation, confidence=5)))
    assert (found["relation"], found["coarse"]) == (relation, str(Relation[relation.upper()].coarse))
    assert found["directed"] == (Relation[relation.upper()].swapped.name.lower() != relation)


@pytest.mark.parametrize(
    ("kinds", "heard"),
    [(["llm", "person"], "person"), (["llm", "curated"], "curated"), (["person", "curated", "llm"], "curated")],
)
def test_the_curated_outrank_people_who_outrank_an_llm(make, said, kinds, heard):
    relations = {"llm": "unrelated", "person": "substitute", "curated": "together"}
    found = edge(make(*(said("cup", "saucer", relations[kind], kind) for kind in kinds)))
    assert (found["relation"], found["source"], found["votes"]) == (relations[heard], heard, 1)


def test_many_answers_of_an_llm_do_not_outvote_a_person(make, said):
    llm = [said("cup", "saucer", "unrelated", vote=vote, confidence=5) for vote in range(1, 6)]
    assert edge(make(*llm, said("cup", "saucer", "together", "person")))["relation"] == "together"


def test_a_curated_probability_is_taken_as_it_is(make, said):
    assert edge(make(said("cup", "saucer", "substitute", "curated", probability=0.7)))["probability"] == 0.7


def test_the_reason_comes_from_an_answer_that_says_what_the_edge_says(make, said):
    answers = [
        said("cup", "saucer", "unrelated", confidence=5, reason="not me"),
        said("cup", "saucer", "together", confidence=5, reason="one set"),
        said("cup", "saucer", "together", confidence=3, reason="less sure"),
    ]
    assert edge(make(*answers))["reason"] == "one set"


@pytest.mark.parametrize(("customers", "shown"), [(4, (None, None)), (5, (9, 5))])
def test_co_purchase_of_fewer_than_five_customers_is_masked(make, said, customers, shown):
    found = edge(make(said("cup", "saucer", "together"), bought={("cup", "saucer"): (9, customers)}))
    assert (found["baskets"], found["customers"]) == shown


def test_the_number_of_customers_is_a_setting(make, said):
    bought = {("cup", "saucer"): (9, 9)}
    assert edge(make(said("cup", "saucer", "together"), bought=bought, minimum_customers=10))["customers"] is None


def test_co_purchase_alone_is_no_edge(make):
    folder = make(bought={("cup", "saucer"): (9, 9)})
    assert pq.read_table(folder / "edges.parquet").num_rows == 0


def predicted(a: str, b: str, relation: str, sure: float) -> dict[str, Any]:
    nine = np.full(9, (1 - sure) / 8)
    nine[Relation[relation.upper()] - 1] = sure
    coarse = {c: float(nine[[r.coarse == c for r in Relation]].sum()) for c in Coarse}
    row = {"a": a, "b": b, "relation": relation, "coarse": str(Relation[relation.upper()].coarse)}
    return row | {f"p_{c}": p for c, p in coarse.items()} | {f"p{n}": float(p) for n, p in enumerate(nine, start=1)}


def test_where_nobody_answered_the_classifier_speaks(make):
    found = edge(make(predicted=[predicted("lamp oil", "oil lamp", "refills", 0.8)]))
    assert (found["source"], found["relation"], found["votes"]) == ("classifier", "refills", 0)
    assert found["probability"] == pytest.approx(found["p_complementary"])
    assert found["directed"]


def test_what_many_customers_buy_together_is_less_likely_unrelated(make, said):
    answer = said("cup", "saucer", "unrelated", confidence=3)
    bought = make(answer, lifts={("cup", "saucer"): (20.0, 9)}, name="bought")
    by_few = make(answer, lifts={("cup", "saucer"): (20.0, 4)}, name="by few")
    assert edge(bought)["p_unrelated"] < edge(by_few)["p_unrelated"]


def test_edges_are_sorted_by_their_terms(make, said):
    folder = make(said("lamp oil", "oil lamp", "refills"), said("cup", "saucer", "together"))
    assert pq.read_table(folder / "edges.parquet")["a"].to_pylist() == ["cup", "lamp oil"]
