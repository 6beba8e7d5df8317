"""The HTTP API: JSON in and out, titles and reasons are data.

    app = create_app(Path("shop"), key=None)

| request | answer |
|---|---|
| GET /health | status, build |
| GET /recommend?item=ID, basket=ID,ID or user=ID, and k | build, results: rank, item_id, title, score, route, reason |
| GET /graph/TERM | build, entity, its complements and substitutes: entity, relation, probability, reason |

Whatever goes wrong answers `{"error": one line}`: 401 without the key, 404 for ids and terms that the build does not
know, 422 for a question that cannot be asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Request
from pydantic import BaseModel, ConfigDict, Field, model_validator

import goeswith
from goeswith.graph.phrases import phrase
from goeswith.graph.query import Edge
from goeswith.knowledge.relation import Coarse
from goeswith.recommend.recommender import Result
from goeswith.serve.guard import protect
from goeswith.serve.live import Live
from goeswith.shop import Shop


class Question(BaseModel):
    """Exactly one of item, basket and user."""

    model_config = ConfigDict(extra="forbid")
    item: str | None = None
    basket: str | None = Field(None, description="item ids, separated by commas")
    user: str | None = None
    k: int | None = Field(None, ge=1, le=200)

    @model_validator(mode="after")
    def _one(self) -> Question:
        if sum(value is not None for value in (self.item, self.basket, self.user)) != 1:
            raise ValueError("give exactly one of item, basket, user")
        return self


class Failure(BaseModel):
    error: str


class Health(BaseModel):
    status: str
    build: str


class Recommendations(BaseModel):
    build: str
    results: list[Result]


class Neighbour(BaseModel):
    entity: str
    relation: str
    probability: float
    reason: str


class Neighbourhood(BaseModel):
    build: str
    entity: str
    complementary: list[Neighbour]
    substitute: list[Neighbour]


def _live_shop(request: Request) -> Shop:
    live: Live = request.app.state.live
    return live.shop()


LiveShop = Annotated[Shop, Depends(_live_shop)]
FAILURES: dict[int | str, dict[str, type[BaseModel]]] = {code: {"model": Failure} for code in (401, 404, 422)}
router = APIRouter()


@router.get("/health")
def health(shop: LiveShop) -> Health:
    """The server runs, and on which build; needs no key."""
    return Health(status="ok", build=shop.build.name)


@router.get("/recommend", responses=FAILURES)
def recommend(request: Request, shop: LiveShop, asked: Annotated[Question, Query()]) -> Recommendations:
    """What goes with an item, completes a basket, or what a customer may want next."""
    if len(request.query_params.multi_items()) != len(request.query_params):
        raise HTTPException(422, "a parameter is given twice; a basket is ID,ID")
    basket = None if asked.basket is None else asked.basket.split(",")
    return Recommendations(
        build=shop.build.name, results=shop.recommend(item=asked.item, basket=basket, user=asked.user, k=asked.k)
    )


@router.get("/graph/{term:path}", responses=FAILURES)
def graph(term: str, shop: LiveShop) -> Neighbourhood:
    """What an entity goes with and what replaces it, surest first."""
    entity = shop.entities.get(term).term
    complementary, substitute = (
        [_neighbour(edge) for edge in shop.graph.neighbours(entity, coarse)]
        for coarse in (Coarse.COMPLEMENTARY, Coarse.SUBSTITUTE)
    )
    return Neighbourhood(build=shop.build.name, entity=entity, complementary=complementary, substitute=substitute)


def _neighbour(edge: Edge) -> Neighbour:
    relation = phrase(edge.relation, edge.term, edge.other)
    return Neighbour(entity=edge.other, relation=relation, probability=edge.probability, reason=edge.reason)


def create_app(directory: Path, key: str | None = None, overrides: Sequence[str] = ()) -> FastAPI:
    """The application over a workspace's live build; what a key means stands in `guard`."""
    app = FastAPI(title="goeswith", version=goeswith.__version__, docs_url=None, redoc_url=None)
    app.state.live = Live(directory, overrides)
    app.include_router(router)
    protect(app, key)
    return app
