"""What may be turned in the simulated shop."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Config(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int = Field(7, ge=0)
    """The same seed makes the same tables."""
    customers: int = Field(1000, ge=1)
    """Distinct customers; one who never comes is in no table."""
    bills: int = Field(24_000, ge=1)
    """Bills over the year."""
    requests: int = Field(25_000, ge=1)
    """Visits in which a list of items is shown."""
    shown: int = Field(10, ge=1, le=100)
    """Items a list, at positions 1 … shown."""
    random_share: float = Field(0.2, ge=0, le=1)
    """Requests whose list is purely random: what an unbiased evaluation may use."""
    popularity_share: float = Field(0.4, ge=0, le=1)
    """Of the other lists, the weight of what sold best in the months before."""
    activity_share: float = Field(0.4, ge=0, le=1)
    """Of the other lists, the weight of what serves an activity of the context item; the rest is random."""
    base: float = -2.6
    """Log-odds of a click on a looked-at item that is neither needed nor to the customer's taste."""
    graph_strength: float = Field(1.0, ge=0)
    """How far complements of recent purchases move clicks; 0: not at all."""
    repeat_strength: float = Field(1.0, ge=0)
    """How far clicks fall for what the customer has, or just bought the like of, and rise for what has run out."""
    taste_strength: float = Field(0.5, ge=0)
    """How far brand, price and quality move clicks."""
    noise: float = Field(0.7, ge=0)
    """Standard deviation of what moves a click for no reason, in log-odds."""
    position_bias: float = Field(0.6, ge=0)
    """A list's position p is looked at with probability p^−position_bias."""
    conversion: float = Field(0.15, ge=0, le=1)
    """Clicks that put the item on the customer's next bill, if that comes soon."""
    impulse: float = Field(1.0, ge=0)
    """Mean lines of a bill that have nothing to do with the trip."""

    @model_validator(mode="after")
    def _shares_fit(self) -> Config:
        if self.popularity_share + self.activity_share > 1:
            raise ValueError("popularity_share and activity_share are parts of one whole: at most 1 together")
        return self
