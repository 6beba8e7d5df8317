"""From the cells of the study to its tables and pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from goeswith.evaluate.studies.karl import curves, finals
from goeswith.evaluate.studies.karl.material import Labels, Material
from goeswith.evaluate.studies.karl.measures import GRID, Resampled, area, macro_f1, told
from goeswith.evaluate.studies.karl.study import Cell, Study
from goeswith.evaluate.tables import Block
from goeswith.knowledge.relation import coarse
from goeswith.measure import agreement
from goeswith.relations.ends import Ints
from goeswith.relations.examples import COARSE, Floats64

RANDOM, DYNAMIC = "random", "dynamic"
ONE_SIDED = 0.05
LINES = {DYNAMIC: ("#0b6e4f", 2.4), RANDOM: ("#888888", 1.8)}


@dataclass(frozen=True)
class Drawn:
    """One experiment over all seeds: confusion counts of each draw, a list by seed of (1 + repeats, c, c)."""

    tables: list[Floats64]

    @property
    def macro_f1(self) -> Floats64:
        return macro_f1(self.tables)


class Results:
    def __init__(self, study: Study, repeats: int, seed: int, tokens: float) -> None:
        """`tokens` that one answer takes, in and out."""
        self._study, self._tokens = study, tokens
        self._cells = list(study.cells())
        material = study.material
        self._inside = Resampled.of(material.inside, repeats, seed)
        self._outside = Resampled.of(material.outside, repeats, seed) if len(material.outside) else self._inside

    def blocks(self) -> list[Block]:
        found = [self._finals(), self._gains()]
        return found + [self._samplers(setting) for setting in curves.SETTINGS if self._curves(setting)]

    def pictures(self) -> dict[str, Figure]:
        return {s: self._picture(s) for s in curves.SETTINGS if self._curves(s)}

    # --- the whole classifier

    def _final(self, name: str, kind: str) -> Drawn | None:
        cells = [c for c in self._cells if (c.kind, c.name, c.by) == ("final", name, kind)]
        resampled = self._of(name)
        seeds = sorted({cell.seed for cell in cells})
        return Drawn([self._summed([c for c in cells if c.seed == s], resampled) for s in seeds]) if cells else None

    def _of(self, name: str) -> Resampled:
        return self._inside if name.startswith("id") else self._outside

    def _summed(self, cells: Sequence[Cell], resampled: Resampled) -> Floats64:
        outcomes = [self._study.outcome(cell) for cell in cells]
        tables = [resampled.tables(np.array(o["test"]), np.array(o["decisions"])) for o in outcomes]
        return np.asarray(np.sum(tables, axis=0))

    def _finals(self) -> Block:
        rows = []
        for name in finals.EXPERIMENTS:
            for kind in ("kernel", "bagged"):
                drawn = self._final(name, kind)
                if drawn is not None:
                    rows.append([name, kind, *_described(drawn.tables, self._of(name).labels)])
            if name == "ood" and any(row[0] == name for row in rows):
                rows.append([name, "kernel, prior corrected", *_described([self._corrected()], self._outside.labels)])
        for name, resampled in (("id", self._inside), ("ood", self._outside)):
            answered = any(int(pair) in self._study.material.votes for pair in resampled.labels.pair)
            if answered and any(row[0] == name for row in rows):
                rows.append([name, "the LLM itself", *_described([self._llm(resampled)], resampled.labels)])
        classes = [f"F1 {name}" for name in COARSE]
        columns = ["experiment", "who decides", "macro-F1", "seeds", *classes, "accuracy", "constant class"]
        return Block("In and out of distribution", columns, rows, {})

    def _corrected(self) -> Floats64:
        cell = next(c for c in self._cells if (c.kind, c.name, c.by, c.seed) == ("final", "ood", "kernel", 0))
        outcome = self._study.outcome(cell)
        prior = np.bincount(self._inside.labels.coarse, minlength=len(COARSE)) / len(self._inside.labels)
        decisions = finals.corrected(np.array(outcome["probabilities"]), prior).argmax(axis=1)
        return self._outside.tables(np.array(outcome["test"]), decisions)

    def _llm(self, resampled: Resampled) -> Floats64:
        """The LLM's own word on the labelled pairs, as far as it answered them."""
        material, labels = self._study.material, resampled.labels
        rows = np.array([row for row, pair in enumerate(labels.pair) if int(pair) in material.votes], np.int64)
        return resampled.tables(rows, _word(material, labels.pair[rows]))

    def _gains(self) -> Block:
        rows = []
        for name, base in (("id-a", "id"), ("ood-a", "ood"), ("ood-b", "ood")):
            with_llm, without = self._final(name, "kernel"), self._final(base, "kernel")
            if with_llm is not None and without is not None:
                gain = with_llm.macro_f1 - without.macro_f1
                low = float(np.quantile(gain[1:], ONE_SIDED))
                rows.append([f"{name} − {base}", str(told(gain)), f"{low:+.4f}"])
        return Block(
            "What the LLM's answers change", ["macro-F1", "difference", "one-sided lower bound (95 %)"], rows, {}
        )

    # --- the samplers

    def _curves(self, setting: str) -> list[Cell]:
        return [c for c in self._cells if (c.kind, c.name) == ("curve", setting)]

    def _curve(self, setting: str, sampler: str) -> tuple[list[list[float]], list[Floats64]]:
        """By seed: answers accepted after each round, mean over folds; macro-F1 of each draw, (1 + repeats, rounds)."""
        resampled, axis, heights = self._of(setting), [], []
        cells = [c for c in self._curves(setting) if c.by == sampler]
        for seed in sorted({c.seed for c in cells}):
            outcomes = [self._study.outcome(c) for c in cells if c.seed == seed]
            rounds = min(len(o["accepted"]) for o in outcomes)
            axis.append(np.mean([o["accepted"][:rounds] for o in outcomes], axis=0).tolist())
            tables = [
                sum(resampled.tables(np.array(o["test"]), np.array(o["decisions"][n])) for o in outcomes)
                for n in range(rounds)
            ]
            heights.append(np.stack([agreement.macro_f1(np.asarray(table)) for table in tables], axis=-1))
        return axis, heights

    def _areas(self, setting: str) -> dict[str, Floats64]:
        """Area under each sampler's curve, shape (1 + repeats,), up to what all of them got accepted."""
        found = {s: self._curve(setting, s) for s in self._study.plan.samplers}
        seeds = len(next(iter(found.values()))[0])
        out: dict[str, list[Floats64]] = {sampler: [] for sampler in found}
        for seed in range(seeds):
            until = min(axis[seed][-1] for axis, _ in found.values())
            for sampler, (axis, heights) in found.items():
                out[sampler].append(area(axis[seed], heights[seed], until))
        return {sampler: np.asarray(np.mean(areas, axis=0)) for sampler, areas in out.items()}

    def _samplers(self, setting: str) -> Block:
        areas = self._areas(setting)
        fixed = max((s for s in areas if s != DYNAMIC), key=lambda s: areas[s][0])
        rows = []
        for sampler in sorted(areas, key=lambda s: -areas[s][0]):
            outcomes = [self._study.outcome(c) for c in self._curves(setting) if c.by == sampler]
            asked, accepted = (np.mean([o[key][-1] for o in outcomes]) for key in ("asked", "accepted"))
            diversity = np.mean([d for o in outcomes for d in o["diversity"] if d is not None])
            _, heights = self._curve(setting, sampler)
            last = told(np.asarray(np.mean([h[:, -1] for h in heights], axis=0)))
            rows.append(
                [
                    sampler, str(told(areas[sampler])),
                    "" if sampler == RANDOM else _difference(areas, sampler, RANDOM),
                    "" if sampler == fixed else _difference(areas, sampler, fixed),
                    str(last), f"{accepted:,.0f} of {asked:,.0f}", f"{asked * self._tokens:,.0f}", f"{diversity:.3f}",
                ]
            )  # fmt: skip
        columns = ["sampler", "area under the curve", f"− {RANDOM}", f"− {fixed}", "last round"]
        return Block(f"Samplers, {setting}", [*columns, "accepted", "tokens", "diversity"], rows, {})

    def _picture(self, setting: str) -> Figure:
        figure = Figure(figsize=(7.2, 4.2), dpi=110, layout="constrained")
        axes = figure.subplots()
        for sampler in self._study.plan.samplers:
            axis, heights = self._curve(setting, sampler)
            grid = np.linspace(0, min(a[-1] for a in axis), GRID)
            line = np.mean([np.interp(grid, a, h[0]) for a, h in zip(axis, heights, strict=True)], axis=0)
            colour, width = LINES.get(sampler, (None, 1.1))
            axes.plot(grid, line, label=sampler, color=colour, linewidth=width)
        axes.set(xlabel="answers accepted", ylabel="macro-F1", title=setting)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, fontsize=8, ncols=2)
        return figure


def _described(tables: list[Floats64], labels: Labels) -> list[str]:
    own = np.stack([table[0] for table in tables])
    values = agreement.macro_f1(own)
    constant = np.bincount(labels.coarse).max() / len(labels)
    return [
        str(told(macro_f1(tables))),
        f"{len(tables)}: {values.min():.3f} to {values.max():.3f}",
        *(f"{value:.3f}" for value in agreement.f1(own).mean(axis=0)),
        f"{agreement.accuracy(own).mean():.3f}",
        f"{constant:.3f}",
    ]


def _difference(areas: dict[str, Floats64], one: str, other: str) -> str:
    return str(told(areas[one] - areas[other]))


def _word(material: Material, pairs: Ints) -> Ints:
    """What the LLM says of pairs: the majority of its votes, the first where they tie."""
    said = [[COARSE.index(coarse(vote.relation)) for vote in material.votes[int(pair)]] for pair in pairs]
    return np.array([max(votes, key=votes.count) for votes in said], np.int64)
