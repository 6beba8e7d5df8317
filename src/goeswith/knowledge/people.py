"""People's labels: every vote stays on record, the majority of a pair's votes is its answer.

Rule (as published with the FBL labels): the majority of the nine classes decides, blank votes do not count, then the
coarse map. Where several people were asked, two must agree. A tie drops the pair, or takes the first annotator's vote
(`[labels] tie`). Of one person's votes on a pair the first counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal

from goeswith.knowledge.relation import Coarse, Relation

Tie = Literal["drop", "first"]


def majority(votes: Sequence[Relation | Coarse | None], tie: Tie = "drop") -> Relation | Coarse | None:
    """The class most people chose; None where nobody decides. A blank vote is None.

    >>> majority([Relation.REFILLS, Relation.REFILLS, Relation.UNRELATED])
    <Relation.REFILLS: 3>
    """
    cast = [vote for vote in votes if vote is not None]
    if not cast:
        return None
    counted = Counter(cast).most_common()
    tied = len(counted) > 1 and counted[0][1] == counted[1][1]
    lonely = len(votes) > 1 and counted[0][1] < 2
    if tied or lonely:
        return cast[0] if tie == "first" else None
    return counted[0][0]
