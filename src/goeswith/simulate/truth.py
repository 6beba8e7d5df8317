"""What completes what, as the simulation believes it: the answer that a graph is to find."""

from __future__ import annotations

import numpy as np

from goeswith.simulate.world import EXTRA, STARTS, TOOL, USES_UP, Floats, Ints, World

STRENGTH = {
    STARTS: {STARTS: 0.7, TOOL: 0.9, USES_UP: 1.0, EXTRA: 0.8},
    TOOL: {STARTS: 0.5, TOOL: 0.5, USES_UP: 0.7, EXTRA: 0.5},
    USES_UP: {STARTS: 0.4, TOOL: 0.5, USES_UP: 0.6, EXTRA: 0.5},
    EXTRA: {STARTS: 0.4, TOOL: 0.4, USES_UP: 0.5, EXTRA: 0.4},
}
"""Role of what was bought -> role of what may complete it, within one activity."""
REFILL, REFILLED = 1.0, 0.5


def complements(world: World) -> Floats:
    """How much the second kind completes the first, 0 … 1; 0 for a kind with itself and its rivals; shape (k, k)."""
    strength = np.zeros((len(world.kinds), len(world.kinds)))
    for activity in world.activities:
        for bought, role in activity.needs:
            for other, its_role in activity.needs:
                strength[bought, other] = max(strength[bought, other], STRENGTH[role][its_role])
    refills = np.flatnonzero(world.refill_for >= 0)
    strength[world.refill_for[refills], refills] = REFILL
    strength[refills, world.refill_for[refills]] = REFILLED
    strength[world.same_job] = 0
    np.fill_diagonal(strength, 0)
    return strength


def shared_activity(world: World) -> Ints:
    """1 where two kinds serve one activity, a kind with itself included; shape (k, k)."""
    serves = np.zeros((len(world.activities), len(world.kinds)), np.int64)
    for place, activity in enumerate(world.activities):
        serves[place, [kind for kind, _ in activity.needs]] = 1
    return np.asarray(np.minimum(serves.T @ serves, 1), np.int64)
