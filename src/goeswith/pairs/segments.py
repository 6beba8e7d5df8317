"""Head, torso and tail of the entities by popularity."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Segment = Literal["head", "torso", "tail"]
SEGMENTS: tuple[Segment, ...] = ("head", "torso", "tail")


def segments(popularity: NDArray[np.int64], head_share: float, torso_share: float) -> NDArray[np.int8]:
    """Segment (0 head, 1 torso, 2 tail) of each entity: head are the fewest that make `head_share` of all popularity.

    `popularity` has shape (entities,): baskets with the entity, or items of it where there are no bills.
    """
    order = np.lexsort((np.arange(len(popularity)), -popularity))
    total = max(int(popularity.sum()), 1)
    before = np.concatenate([[0], np.cumsum(popularity[order])[:-1]]) / total
    out = np.full(len(popularity), 2, np.int8)
    out[order[before < torso_share]] = 1
    out[order[before < head_share]] = 0
    out[popularity == 0] = 2
    return out
