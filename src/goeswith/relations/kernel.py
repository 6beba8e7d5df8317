"""Likeness of two pairs, built from the likeness of their ends.

    even((a, b), (c, d)) = k(a, c) k(b, d) + k(a, d) k(b, c)      does not change when either pair is swapped
    odd ((a, b), (c, d)) = k(a, c) k(b, d) − k(a, d) k(b, c)      changes its sign

k is the mean over entity, use, function and title of exp((cosine − 1) / WIDTH). The even kernel (the symmetric
Kronecker kernel of Ben-Hur & Noble 2005, scaled by its own lengths) carries what is known of pairs like this one; it
fades away from the labelled pairs. Added to it is a Gaussian kernel on the standardised signs, which reaches farther.
So the model leans on memory near its labels and on general signs far from them, without a switch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from goeswith.relations.ends import Ends, Floats, Ints

WIDTH = 0.3
REACH = 0.6
"""Of the Gaussian: exp(−REACH · |Δ|² / number of signs)."""
LIMIT = 4.0
"""Standardised signs are clipped, so that one odd number cannot push a pair beyond all others."""


CONSTANT = 1e-3
"""Spread below which a column counts as the same in all pairs."""


@dataclass(frozen=True)
class Scale:
    """Standardises columns by what was seen in training."""

    mean: Floats
    spread: Floats

    @classmethod
    def fit(cls, values: Floats) -> Scale:
        """A column that hardly varies tells nothing, and is standardised to 0 whatever comes later."""
        spread = values.std(axis=0)
        return cls(values.mean(axis=0), np.where(spread > CONSTANT, spread, np.inf).astype(np.float32))

    def __call__(self, values: Floats) -> Floats:
        return np.asarray(np.clip((values - self.mean) / self.spread, -LIMIT, LIMIT), np.float32)


@dataclass(frozen=True)
class Pairs:
    """Pairs of ends with their standardised signs."""

    ends: Ends
    a: Ints
    b: Ints
    signs: Floats

    def __len__(self) -> int:
        return len(self.a)

    def take(self, rows: Ints) -> Pairs:
        return Pairs(self.ends, self.a[rows], self.b[rows], self.signs[rows])

    def compact(self) -> Pairs:
        """The same pairs over the ends that they use alone."""
        used, place = np.unique(np.concatenate([self.a, self.b]), return_inverse=True)
        return Pairs(self.ends.take(used), place[: len(self)], place[len(self) :], self.signs)


def likeness(x: Ends, y: Ends) -> Floats:
    """k of every end of x with every end of y, shape (len(x), len(y))."""
    total = np.zeros((len(x), len(y)), np.float32)
    for one, other in zip(x.meanings, y.meanings, strict=True):
        total += np.exp((one @ other.T - 1) / WIDTH)
    return total / np.float32(len(x.meanings))


def even(x: Pairs, y: Pairs) -> Floats:
    """Shape (len(x), len(y)); both kernels added."""
    gram = _crossed(x, y, np.add)
    gram /= _length(x)[:, None]
    gram /= _length(y)[None, :]
    gram += _gaussian(x.signs, y.signs)
    return gram


def odd(x: Pairs, y: Pairs) -> Floats:
    """Shape (len(x), len(y))."""
    return _crossed(x, y, np.subtract)


def _crossed(x: Pairs, y: Pairs, join: np.ufunc) -> Floats:
    x, y = x.compact(), y.compact()
    k = likeness(x.ends, y.ends)
    straight = k[np.ix_(x.a, y.a)]
    straight *= k[np.ix_(x.b, y.b)]
    across = k[np.ix_(x.a, y.b)]
    across *= k[np.ix_(x.b, y.a)]
    joined: Floats = join(straight, across, out=straight)
    return joined


def _length(pairs: Pairs) -> Floats:
    """Square root of a pair's even kernel with itself."""
    own = np.zeros(len(pairs), np.float32)
    for vectors in pairs.ends.meanings:
        own += np.exp((np.einsum("nd,nd->n", vectors[pairs.a], vectors[pairs.b]) - 1) / WIDTH)
    return np.asarray(np.sqrt(1 + (own / len(pairs.ends.meanings)) ** 2), np.float32)


def _gaussian(x: Floats, y: Floats) -> Floats:
    distance = x @ (-2 * y.T)
    distance += (x * x).sum(axis=1)[:, None]
    distance += (y * y).sum(axis=1)[None, :]
    np.maximum(distance, 0, out=distance)
    distance *= np.float32(-REACH / max(x.shape[1], 1))
    return np.asarray(np.exp(distance, out=distance))
