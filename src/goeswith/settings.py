"""goeswith.toml as models: every key a user may set, its default and what it means.

    settings = load(Path("shop"), overrides=["recommend.substitutes=allow"])

Precedence: `--set section.key=value`, then `GOESWITH_SECTION__KEY`, then the file, then the defaults below. Paths in
`[data]` and `[llm]` are relative to `data.folder`, which is relative to goeswith.toml.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from goeswith.errors import SettingsError

FILE = "goeswith.toml"
ENVIRONMENT_PREFIX = "GOESWITH_"
CONFIDENCE = {"1": 0.4, "2": 0.45, "3": 0.6, "4": 0.87, "5": 0.98}


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Data(Section):
    """The shop's tables; see docs/data.md for their columns."""

    folder: str = "."
    items: str | None = None
    purchases: str | None = None
    impressions: str | None = None
    labels: str | None = None
    columns: dict[str, dict[str, str]] = Field(default_factory=dict)
    """Per table: our column name -> the name in your file."""
    sql: dict[str, str] = Field(default_factory=dict)
    """Per table: a file (beside goeswith.toml) with one SELECT over your files, where renaming is not enough."""
    basket_cap: int = Field(100, ge=2)
    """Distinct items of a basket that take part in counting; larger baskets are cut (seeded) and counted."""


class Price(Section):
    """What a model costs, per million tokens, in the one currency that you use throughout."""

    input: float = Field(ge=0, allow_inf_nan=False)
    output: float = Field(ge=0, allow_inf_nan=False)
    batch: float = Field(0.5, ge=0, le=1)
    """What the Batch API takes of it."""


class LLM(Section):
    """Who answers. Without a budget nothing is ever asked."""

    provider: Literal["recorded", "openai"] = "recorded"
    """`recorded` replays answers on record; `openai` also asks any endpoint that speaks the OpenAI protocol."""
    recorded: list[str] = Field(default_factory=list)
    """Globs of recorded answer files, used exactly as a live LLM would be."""
    base_url: str = "https://api.openai.com/v1"
    model: str = ""
    api_key_env: str = "OPENAI_API_KEY"
    """The environment variable that holds the key; the key itself stands nowhere."""
    budget: float | None = Field(None, ge=0, allow_inf_nan=False)
    """Most money that this workspace may ever spend, in the currency of the prices."""
    call_budget: int | None = Field(None, ge=0)
    """Most requests that this workspace may ever send."""
    prices: dict[str, Price] = Field(default_factory=dict)
    """Model -> its price; your table, nothing is built in."""
    titles: int = Field(5000, ge=0)
    """Most titles that are ever asked about, the most bought first; the linker learns from them and does the others."""
    votes: int = Field(1, ge=1, le=9)
    """How often each pair is asked."""
    swap: bool = False
    """Ask every second vote with the two ends swapped."""
    mode: Literal["live", "batch"] = "live"
    """`batch`: the provider's Batch API, slower and cheaper."""
    batch_wait: float = Field(24, ge=0)
    """Hours that a build waits for a batch; then it stops, and goes on when it is run again."""
    poll: float = Field(30, gt=0)
    """Seconds between two looks at a batch."""
    questions: int = Field(20, ge=1, le=100)
    """Questions in one request."""
    concurrency: int = Field(4, ge=1, le=64)
    """Requests in flight."""
    timeout: float = Field(60, gt=0)
    """Seconds that a whole request may take."""
    retries: int = Field(5, ge=0, le=20)
    """How often a request that was refused (429, 5xx, no connection) is sent again."""
    backoff: float = Field(1.0, ge=0)
    """Seconds before the first of them; each waits twice as long as the one before, or as the server says."""
    repeats: float = Field(0.2, ge=0, le=1)
    """Share of the questions that may be asked again, alone, because their answer was lost or useless."""
    structure: Literal["schema", "object", "text"] = "schema"
    """How the form of the answers is demanded: JSON schema, JSON object, or by the prompt alone."""
    token_limit: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    """What the endpoint calls the cap on the answer's tokens."""
    reasoning_tokens: int = Field(0, ge=0)
    """Tokens a request that a reasoning model may think; they are reserved besides the answers'."""
    parameters: dict[str, Any] = Field(default_factory=dict)
    """Sent with each request as they are: temperature, seed, reasoning_effort, …"""

    @field_validator("base_url")
    @classmethod
    def _no_secret(cls, url: str) -> str:
        """Settings are copied into manifests, so a password has no place in them."""
        if "@" in url.partition("://")[2].partition("/")[0]:
            raise ValueError("no user or password in it; put the key into the environment variable llm.api_key_env")
        return url

    @model_validator(mode="after")
    def _complete(self) -> LLM:
        if self.provider == "openai" and not self.model:
            raise ValueError("provider 'openai' needs llm.model, the name of the model at llm.base_url")
        return self


class Build(Section):
    seed: int = 7
    threads: int = Field(2, ge=1)
    memory: str = Field("2GB", pattern=r"^\d+(\.\d+)?\s*(MB|GB|MiB|GiB)$")
    """What DuckDB may hold before it spills to disk."""
    keep: int = Field(3, ge=1)
    """Finished builds to keep for rollback."""


class Text(Section):
    encoder: Literal["minilm", "words"] = "minilm"
    """`minilm`: sentence vectors, needs the extra [minilm]; `words`: hashed words and character n-grams, no extra."""


class Entities(Section):
    threshold: float = Field(0.5, ge=0, le=1)
    """A linked title whose probability is below it stays unresolved and is listed."""
    merge: bool = True
    """Merge terms that mean the same, besides other spellings of one term."""


class Pairs(Section):
    """Popularity segments and a budget of entity pairs for each (LLM-KERec, section 3.2; thresholds are ours)."""

    head_share: float = Field(0.5, gt=0, lt=1)
    """Head: the most popular entities that together make this share of all purchases."""
    torso_share: float = Field(0.9, gt=0, le=1)
    """Head and torso together."""
    head_budget: int = Field(3000, ge=0)
    torso_budget: int = Field(3000, ge=0)
    tail_budget: int = Field(1500, ge=0)
    lift_shrinkage: float = Field(5.0, gt=0)
    """Pseudo-count (baskets) that pulls the lift of a rare pair to 1."""
    nearest: int = Field(10, ge=1)
    """Neighbours by meaning that a torso or tail entity may propose."""


class Labels(Section):
    tie: Literal["drop", "first"] = "drop"


class Relations(Section):
    """The relation classifier, and the active loop that asks an LLM what the classifier needs (KARL)."""

    classifier: Literal["kernel", "bagged"] = "kernel"
    """`kernel`: ridge regression on pairs of ends and small networks; `bagged`: the paper's logistic regressions."""
    landmarks: int = Field(3000, ge=50)
    """Labelled pairs that the kernel compares with; more are exact and slower."""
    llm_weight: float = Field(0.5, ge=0, le=1)
    """Of an LLM's answer of reliability 1, beside a person's label."""
    accept: float = Field(0.6, ge=0, le=1)
    """Reliability from which on an LLM's answer is learned from."""
    behaviour: bool = True
    """Let what is bought together tell on relations, besides what things are for."""
    self_training: bool = False
    """Learn also from the classifier's own surest decisions on pairs that nobody answered."""
    rounds: int = Field(0, ge=0, le=999)
    """Rounds of active learning; 0: every proposed pair is asked."""
    round_size: int = Field(100, ge=1)
    """Pairs asked in a round."""
    first: int = Field(500, ge=0)
    """Proposed pairs that are asked before the first round, the most popular ones."""
    sampler: Literal["random", "margin", "entropy", "qbc", "diversity", "stratified", "stratified-qbc", "dynamic"] = (
        "dynamic"
    )
    """Who chooses the pairs of a round."""
    patience: int = Field(3, ge=1)
    """Rounds without a better model on people's labels after which no further round is asked."""


class Graph(Section):
    minimum_customers: int = Field(5, ge=1)
    """Co-purchase numbers are shown only with at least so many distinct customers (promise 3)."""
    confidence: dict[str, float] = Field(default_factory=lambda: dict(CONFIDENCE))
    """How often an LLM answer of that stated confidence is right; an answer without confidence counts as 4."""
    person: float = Field(0.9, gt=0, le=1)
    """How often one person's label is right."""

    @field_validator("confidence")
    @classmethod
    def _complete(cls, given: dict[str, float]) -> dict[str, float]:
        """Keys that are not given keep their default."""
        if not given.keys() <= CONFIDENCE.keys() or not all(0 <= value <= 1 for value in given.values()):
            raise ValueError("keys are 1 to 5, values lie between 0 and 1")
        return CONFIDENCE | given


class Recommend(Section):
    substitutes: Literal["hold", "allow"] = "hold"
    """`hold`: nothing that does the job of what was just bought, unless it is due for replenishment."""
    k: int = Field(20, ge=1, le=200)
    banned: list[str] = Field(default_factory=list)
    """Item ids that are never recommended."""
    complement_threshold: float = Field(0.5, ge=0, le=1)
    """Edges from this probability on count as complements, or substitutes, in routes, filters and reasons."""
    classifier_threshold: float = Field(1.0, ge=0, le=1)
    """Edges that nobody answered and only the classifier knows count from this probability on; 1: never."""
    training_queries: int = Field(12000, ge=100)
    """Most held-out baskets that the fusing ranker learns from."""


class Evaluate(Section):
    days: int = Field(30, ge=1)
    """The last days that are held out in time; where there are no times, a tenth of the baskets or last items."""
    k: int = Field(20, ge=1)
    queries: int = Field(5000, ge=10)
    """Most test queries; above it a seeded sample is drawn."""
    bootstrap: int = Field(1000, ge=100)
    """Resamples behind each interval."""
    cold_purchases: int = Field(20, ge=1)
    """An item with fewer training baskets than this is cold."""


class Settings(Section):
    data: Data = Data()
    llm: LLM = LLM()
    build: Build = Build()
    text: Text = Text()
    entities: Entities = Entities()
    pairs: Pairs = Pairs()
    labels: Labels = Labels()
    relations: Relations = Relations()
    graph: Graph = Graph()
    recommend: Recommend = Recommend()
    evaluate: Evaluate = Evaluate()


def load(directory: Path, overrides: Iterable[str] = (), environment: Mapping[str, str] | None = None) -> Settings:
    """Settings of the workspace at `directory`.

    Raises SettingsError where the file is missing, is no TOML, or holds an unknown key or an impossible value.
    """
    path = directory / FILE
    values = _read(path)
    origins: dict[str, str] = {}
    for name, text in sorted((os.environ if environment is None else environment).items()):
        if name.startswith(ENVIRONMENT_PREFIX) and "__" in name:
            keys = name.removeprefix(ENVIRONMENT_PREFIX).lower().split("__")
            _put(values, keys, text, where=name)
            origins[".".join(keys)] = name
    for override in overrides:
        name, equals, text = override.partition("=")
        if not equals or "." not in name:
            raise SettingsError("--set takes section.key=value", found=repr(override))
        _put(values, name.strip().split("."), text.strip(), where=f"--set {name}")
        origins[name.strip()] = f"--set {name.strip()}"
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise _readable(error, path, origins) from None


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise SettingsError(
            f"no {FILE} in {path.parent}",
            remedy=f"make a workspace with: goeswith init {path.parent} --items FILE",
        )
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError("not valid TOML", where=str(path), found=str(error)) from None


def _put(values: dict[str, Any], keys: list[str], text: str, where: str) -> None:
    for key in keys[:-1]:
        values = values.setdefault(key, {})
        if not isinstance(values, dict):
            raise SettingsError(f"{where} names a key inside a plain value")
    values[keys[-1]] = _literal(text)


def _literal(text: str) -> Any:
    """A value as TOML reads it; bare words are text."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _readable(error: ValidationError, path: Path, origins: Mapping[str, str]) -> SettingsError:
    first = error.errors()[0]
    location = ".".join(str(part) for part in first["loc"])
    where = origins.get(location, str(path))
    if first["type"] == "extra_forbidden":
        known = ", ".join(_siblings(first["loc"]))
        return SettingsError(f"unknown key '{location}'", where=where, remedy=f"known here: {known}")
    found = "" if isinstance(first["input"], dict) else repr(first["input"])
    return SettingsError(f"bad value for '{location}'", where=where, found=found, remedy=first["msg"])


def _siblings(location: tuple[int | str, ...]) -> list[str]:
    model: Any = Settings
    for part in location[:-1]:
        model = model.model_fields[str(part)].annotation
    return sorted(model.model_fields)
