"""What a thing is used for, in words ("absorb water and oil"), where an annotator said so beside the entity."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from goeswith.text.normalise import clean


def used_for(entity: str, function: str) -> str:
    """An entity with its use as one text, for encoders; the entity alone where no use is known."""
    return clean(f"{entity}; used to {function}" if function else entity)


def typical_functions(said: Iterable[tuple[str | None, str]]) -> dict[str, str]:
    """entity -> what most of its items are used for; of equally frequent ones the first said. Blanks do not count."""
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for entity, function in said:
        if entity and function:
            counted[entity][function] += 1
    return {entity: functions.most_common(1)[0][0] for entity, functions in counted.items()}
