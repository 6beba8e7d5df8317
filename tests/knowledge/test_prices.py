"""Tokens into money: exact sums, bounds that hold whatever is sent, and money as people read it."""

from __future__ import annotations

import json
import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from goeswith.errors import SettingsError
from goeswith.knowledge.annotator import EntityQuestion, Question, RelationQuestion
from goeswith.knowledge.endpoint import Endpoint
from goeswith.knowledge.prices import UNIT, bound, cost, limit, price_of, show
from goeswith.knowledge.prompts import ENTITY, RELATION, Prompt
from goeswith.settings import LLM, Price
from llm_server import INPUT_PRICE, OUTPUT_PRICE, FakeLLM

MICROS = st.integers(0, 10**8)
"""A price in millionths of the currency, per million tokens."""
TOKENS = st.integers(0, 10**7)
TITLES = st.lists(st.text(max_size=400), min_size=1, max_size=5)


def llm(price: Price, **more: object) -> LLM:
    return LLM.model_validate({"provider": "openai", "model": "fake-1", "prices": {"fake-1": price}, **more})


FAKE = llm(Price(input=INPUT_PRICE, output=OUTPUT_PRICE))


@given(MICROS, MICROS, TOKENS, TOKENS)
def test_a_cost_is_exact_and_only_its_last_billionth_is_rounded_up(
    price_in: int, price_out: int, tokens_in: int, tokens_out: int
) -> None:
    exact = Fraction(price_in * tokens_in + price_out * tokens_out, 10**6 * 10**6) * UNIT
    price = Price(input=price_in / 10**6, output=price_out / 10**6)
    assert cost(llm(price), tokens_in, tokens_out) == math.ceil(exact)


def test_a_thousand_small_costs_do_not_drift() -> None:
    price = llm(Price(input=0.1, output=0.2))
    assert sum(cost(price, 10, 10) for _ in range(1000)) == cost(price, 10_000, 10_000) == 3_000_000


@given(st.integers(0, 100), TOKENS)
def test_the_batch_api_takes_its_share_of_the_price(percent: int, tokens: int) -> None:
    price = Price(input=1.0, output=4.0, batch=percent / 100)
    whole = cost(llm(price), tokens, tokens)
    assert cost(llm(price, mode="batch"), tokens, tokens) == math.ceil(Fraction(whole * percent, 100))


def test_a_free_model_costs_nothing() -> None:
    assert cost(llm(Price(input=0, output=0)), 10**9, 10**9) == 0


def test_an_unknown_price_is_an_error_that_says_what_to_add() -> None:
    unknown = LLM(provider="openai", model="fake-2", prices=FAKE.prices)
    with pytest.raises(SettingsError, match="no price for model 'fake-2'") as raised:
        price_of(unknown)
    assert raised.value.found == "fake-1"
    assert '[llm.prices."fake-2"]' in raised.value.remedy


def test_an_empty_price_table_is_said_to_be_empty() -> None:
    with pytest.raises(SettingsError, match="an empty table"):
        cost(LLM(provider="openai", model="fake-2"), 1, 1)


def counted(prompt: Prompt, questions: list[Question], settings: LLM = FAKE, fate: str = "ok") -> tuple[int, int]:
    """Tokens in and out as the server counts them."""
    return FakeLLM().complete(Endpoint(settings).body(prompt, questions), fate)[1].tokens


@given(TITLES, st.sampled_from(["ok", "whitespace", "not json"]))
def test_no_titles_take_more_tokens_than_their_bound(titles: list[str], fate: str) -> None:
    questions: list[Question] = [EntityQuestion(f"{title} mug", title) for title in titles]
    most = bound(FAKE, ENTITY, questions)
    tokens = counted(ENTITY, questions, fate=fate)
    assert tokens[0] <= most.input_tokens
    assert tokens[1] <= most.output_tokens
    assert cost(FAKE, *tokens) <= most.money


@given(TITLES)
def test_no_pairs_take_more_tokens_than_their_bound(terms: list[str]) -> None:
    questions: list[Question] = [RelationQuestion(f"{term} mug", f"{term} lamp") for term in terms]
    most = bound(FAKE, RELATION, questions)
    assert cost(FAKE, *counted(RELATION, questions)) <= most.money


@given(TITLES)
def test_the_bound_holds_for_a_tokenizer_that_makes_a_token_of_every_byte(titles: list[str]) -> None:
    questions: list[Question] = [EntityQuestion(title) for title in titles]
    body = Endpoint(FAKE).body(ENTITY, questions)
    sent = [message["content"] for message in body["messages"]]
    schema = json.dumps(body["response_format"]["json_schema"]["schema"])
    assert sum(len(text.encode()) for text in (*sent, schema)) < bound(FAKE, ENTITY, questions).input_tokens


def test_a_bound_is_the_cost_of_its_tokens_and_grows_with_what_a_model_may_think() -> None:
    questions = [EntityQuestion("RED MUG")]
    short, long = (bound(FAKE.model_copy(update={"reasoning_tokens": n}), ENTITY, questions) for n in (0, 500))
    assert short.money == cost(FAKE, short.input_tokens, short.output_tokens)
    assert long.output_tokens == short.output_tokens + 500


def test_the_request_itself_states_the_cap_that_the_bound_counts_on() -> None:
    questions = [EntityQuestion("RED MUG"), EntityQuestion("BLUE MUG")]
    assert Endpoint(FAKE).body(ENTITY, questions)["max_tokens"] == bound(FAKE, ENTITY, questions).output_tokens


@pytest.mark.parametrize(("budget", "expected"), [(None, None), (0.0, 0), (0.1, UNIT // 10), (2.5, 5 * UNIT // 2)])
def test_a_budget_in_billionths(budget: float | None, expected: int | None) -> None:
    assert limit(FAKE.model_copy(update={"budget": budget})) == expected


@pytest.mark.parametrize("endless", ["budget", "input", "output"])
def test_an_endless_budget_or_price_is_refused_as_a_setting(endless: str) -> None:
    price = {"input": 1.0, "output": 1.0} | ({} if endless == "budget" else {endless: math.inf})
    with pytest.raises(ValidationError):
        LLM.model_validate({"budget": math.inf if endless == "budget" else 1.0, "prices": {"fake-1": price}})


@pytest.mark.parametrize(
    ("money", "shown"),
    [(0, "0.0000"), (12_300_000, "0.0123"), (UNIT, "1.00"), (1234 * UNIT + UNIT // 2, "1,234.50")],
)
def test_money_is_shown_with_four_digits_below_one_and_two_above(money: int, shown: str) -> None:
    assert show(money) == shown
