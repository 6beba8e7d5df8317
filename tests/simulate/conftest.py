"""Simulated years, each made once; they are shared, so nothing in them may be changed."""

from __future__ import annotations

import pytest
from simulated import Lines

from goeswith.simulate.shop import Config, Shop, simulate
from goeswith.simulate.world import World, load


@pytest.fixture(scope="session")
def world() -> World:
    return load()


@pytest.fixture(scope="session")
def small() -> Config:
    return Config(customers=250, bills=6000, requests=4000, random_share=0.5)


@pytest.fixture(scope="session")
def year(small: Config) -> Shop:
    return simulate(small)


@pytest.fixture(scope="session")
def full() -> Shop:
    """The shop as it is by default: for what shows only in many bills."""
    return simulate()


@pytest.fixture(scope="session")
def lines(year: Shop) -> Lines:
    return Lines.of(year)
