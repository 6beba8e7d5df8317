"""A committee of small neural networks on the features of a pair, each trained on all folds but one.

    committee = Committee.fit(inputs, targets, weights, folds, seed)
    committee(inputs)             # mean log-probability, shape (n, classes)
    committee.left_out            # what each example got from the one network that never saw it

Inputs are the signs, and |x − y| and x · y of the ends' vectors in their main directions: symmetric in the two ends.

Pairs are seen in *views*: what their entities say, what their titles say, what their categories say, and all together.
In training an example shows one of them, drawn anew each time; an answer is the mean of the log-probabilities over the
views. Answers on terms are told by the entities alone, so that a network which always sees all learns to overlook the
titles; yet entities are coarse and at times mistaken, and titles know what they do not.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from goeswith.relations.ends import Ends, Floats, Ints
from goeswith.relations.kernel import Pairs, Scale
from goeswith.relations.signs import NAMES

HIDDEN, EPOCHS, BATCH = 128, 20, 128
RATE, DECAY = 2e-3, 0.05
DROP_INPUT, DROP_HIDDEN = 0.2, 0.3
MAIN = 64
"""Main directions that are kept of each space."""

ENTITY, TITLE, CATEGORY = range(3)
VIEWS = ((ENTITY,), (TITLE,), (CATEGORY,), (ENTITY, TITLE, CATEGORY))

Layers = tuple[Floats, Floats, Floats, Floats]
"""Weights (inputs, HIDDEN), bias, weights (HIDDEN, classes), bias."""


@dataclass(frozen=True)
class Directions:
    """Main directions (PCA) of the ends' spaces, learned without labels."""

    means: tuple[Floats, ...]
    axes: tuple[Floats, ...]
    """Shape (d, MAIN) each."""

    @classmethod
    def fit(cls, ends: Ends) -> Directions:
        spaces = [np.asarray(space) for space in (ends.entity, ends.use, ends.title)]
        means = tuple(space.mean(axis=0) for space in spaces)
        axes = [_main(space - mean) for space, mean in zip(spaces, means, strict=True)]
        return cls(means, tuple(axes))

    def views(self, inputs: Scale) -> Floats:
        """Which inputs each view shows, ones and zeros of shape (views, inputs); none whose inputs never differ."""
        signs = [TITLE if "title" in name else CATEGORY if "categor" in name else ENTITY for name in NAMES]
        spaces = zip(self.axes, (ENTITY, ENTITY, TITLE), strict=True)
        side = np.array(signs + [side for axes, side in spaces for _ in range(2 * axes.shape[1])])
        differs = np.isfinite(inputs.spread)
        views = [np.isin(side, shown) for shown in VIEWS]
        return np.stack([view for view in views if (view & differs).any()]).astype(np.float32)

    def inputs(self, pairs: Pairs) -> Floats:
        """Float32, shape (pairs, signs + 6 · MAIN)."""
        parts: list[NDArray[np.floating]] = [pairs.signs]
        spaces = (pairs.ends.entity, pairs.ends.use, pairs.ends.title)
        for space, mean, axes in zip(spaces, self.means, self.axes, strict=True):
            placed = (space - mean) @ axes
            x, y = placed[pairs.a], placed[pairs.b]
            parts += [np.abs(x - y), x * y]
        return np.hstack(parts).astype(np.float32)


def _main(centred: Floats) -> Floats:
    """The directions of most variance, shape (d, at most MAIN)."""
    if len(centred) < centred.shape[1]:
        _, _, rows = np.linalg.svd(centred, full_matrices=False)
        return np.ascontiguousarray(rows[:MAIN].T, np.float32)
    _, vectors = np.linalg.eigh(centred.T @ centred)
    return np.ascontiguousarray(vectors[:, ::-1][:, :MAIN], np.float32)


@dataclass(frozen=True)
class Committee:
    members: tuple[Layers, ...]
    scale: Scale
    views: Floats
    left_out: Floats
    """Shape (n, classes); empty where the committee was loaded."""

    @classmethod
    def fit(
        cls,
        inputs: Floats,
        targets: NDArray[np.floating],
        weights: NDArray[np.floating],
        folds: Ints,
        directions: Directions,
        seed: int,
    ) -> Committee:
        scale = Scale.fit(inputs)
        inputs, views = scale(inputs), directions.views(scale)
        left_out = np.zeros(targets.shape, np.float32)
        members = []
        for fold in range(int(folds.max()) + 1):
            seen = folds != fold
            members.append(_train(inputs[seen], targets[seen], weights[seen], views, seed + fold))
            left_out[~seen] = _run(members[-1], inputs[~seen], views)
        return cls(tuple(members), scale, views, left_out)

    def __call__(self, inputs: Floats) -> Floats:
        return np.asarray(sum(self.each(inputs)) / len(self.members))

    def each(self, inputs: Floats) -> list[Floats]:
        """Log-probabilities of every member, shape (n, classes) each."""
        scaled = self.scale(inputs)
        return [_run(member, scaled, self.views) for member in self.members]


def _run(layers: Layers, inputs: Floats, views: Floats) -> Floats:
    """Log-probabilities, the mean over the views; the inputs that a view hides are at their mean, which is 0."""
    return _normal(np.asarray(sum(_forward(layers, inputs * view) for view in views) / len(views)))


def _forward(layers: Layers, inputs: Floats) -> Floats:
    first, bias, second, last = layers
    scores = np.maximum(inputs @ first + bias, 0) @ second + last
    return _normal(scores)


def _normal(scores: Floats) -> Floats:
    scores = scores - scores.max(axis=1, keepdims=True)
    return np.asarray(scores - np.log(np.exp(scores).sum(axis=1, keepdims=True)), np.float32)


def _train(
    inputs: Floats, targets: NDArray[np.floating], weights: NDArray[np.floating], views: Floats, seed: int
) -> Layers:
    """AdamW with a one-cycle rate on the weighted cross-entropy against soft targets."""
    import torch
    from torch import nn

    with _one_thread():
        torch.manual_seed(seed)
        x, q = torch.from_numpy(np.ascontiguousarray(inputs)), torch.from_numpy(np.asarray(targets, np.float32))
        w = torch.from_numpy(np.asarray(weights / weights.mean(), np.float32))
        shown = torch.from_numpy(views)
        first, second = nn.Linear(x.shape[1], HIDDEN), nn.Linear(HIDDEN, q.shape[1])
        model = nn.Sequential(nn.Dropout(DROP_INPUT), first, nn.ReLU(), nn.Dropout(DROP_HIDDEN), second)
        optimiser = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=DECAY, fused=True)
        steps = EPOCHS * -(-len(x) // BATCH)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2 * RATE, total_steps=steps)
        for _ in range(EPOCHS):
            for rows in torch.split(torch.randperm(len(x)), BATCH):
                seen = x[rows] * shown[torch.randint(len(shown), (len(rows),))]
                loss = -((torch.log_softmax(model(seen), 1) * q[rows]).sum(1) * w[rows]).mean()
                optimiser.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimiser.step()
                schedule.step()
        weights_of = [first.weight.T, first.bias, second.weight.T, second.bias]
        a, b, c, d = (np.ascontiguousarray(tensor.detach().numpy()) for tensor in weights_of)
    return a, b, c, d


@contextmanager
def _one_thread() -> Iterator[None]:
    """Steps this small lose more by waiting for a second thread than it brings; and any number gives the same bits."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
