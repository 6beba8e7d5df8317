"""Titles that no one answered: the entity linker supplies entity and typical function of every item of the test.

The linker learns from the answered titles of all other items; the test items' own answers are used nowhere, neither
when they are asked about nor where they stand in a training pair. Beside it: the recorded terms, and titles alone (no
end has an entity). The titles are Japanese and the encoder is English, so characters carry what the linker knows of
them. People's labels teach, no LLM's. Macro-F1, intervals over the query items of the test.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.relations.shared import Decided, Fbl, Score, draws, load_fbl, many, table
from goeswith.entities.functions import typical_functions
from goeswith.entities.linker import Answered, Linker
from goeswith.evaluate.studies.karl import finals
from goeswith.relations.classifier import Config
from goeswith.relations.ends import End, Ends, Language
from goeswith.relations.known import Known
from goeswith.relations.titles import Titles
from goeswith.text.normalise import clean, title_key

SEEDS = 1
SYSTEMS = ("recorded", "linked", "titles alone")


def main(directory: Path, seeds: int) -> None:
    fbl = load_fbl(directory)
    if fbl is None:
        return
    everyone = [*fbl.known.ends, *fbl.material.ends]
    bare = _encoded(fbl, {end: End(end.title, "", "", end.category) for end in everyone})
    print(many(seeds, "seed"))
    head = ["", "titles linked", "to the recorded term", *SYSTEMS, "linked − recorded", "linked − titles alone"]
    head.append("constant class")
    rows = []
    for experiment, where in (("id", "ID, FBL2023 in 5 folds"), ("ood", "OOD, FBL2024")):
        found: dict[str, Decided] = defaultdict(list)
        hits: list[bool] = []
        for seed in range(seeds):
            each = defaultdict(list)
            for trial in finals.trials(fbl.material, experiment, seed):
                linked = _linked(fbl, trial)
                hits += [end.entity == link.entity for end, link in linked.items()]
                for system, ends in zip(SYSTEMS, (fbl.ends, _encoded(fbl, linked), bare), strict=True):
                    said = finals.run(fbl.material, ends, trial, Config(seed=seed))
                    each[system].append((trial.test, np.array(said["decisions"])))
            for system, folds in each.items():
                found[system].append(tuple(np.concatenate(part) for part in zip(*folds, strict=True)))
        drawn = draws(fbl.material.inside if experiment == "id" else fbl.material.outside)
        scores = {system: Score.of(drawn, found[system]) for system in SYSTEMS}
        constant = Score.constant(drawn, [test for test, _ in found["recorded"]])
        row = [where, len(hits), f"{np.mean(hits):.3f}", *scores.values()]
        row += [scores["linked"].gain(scores[other]) for other in ("recorded", "titles alone")]
        rows.append([*row, f"{constant.values[0]:.3f}"])
    table(head, rows)


def _linked(fbl: Fbl, trial: finals.Trial) -> dict[End, End]:
    """Each end of the test as the product would see its title, had no one answered it."""
    labels, items = trial.labels, fbl.known.ends[: len(fbl.known.by_item)]
    rows = np.unique(np.concatenate([labels.a[trial.test], labels.b[trial.test]]))
    asked = {title_key(fbl.material.ends[row].title) for row in rows}
    answered = [item for item in items if item.entity and title_key(item.title) not in asked]
    functions = typical_functions((item.entity, item.function) for item in answered)
    terms = sorted({item.entity for item in answered})
    faces = [End(term, term, functions.get(term, "")) for term in terms]
    by_item = {str(row): row for row in range(len(answered))}
    by_term = {term: len(answered) + row for row, term in enumerate(terms)}
    linker = Linker.fit([Answered(clean(item.title), "", item.entity) for item in answered], [], fbl.store)
    titles = Titles(Known(answered + faces, by_item, by_term, {}), linker, fbl.store)
    tested = [item for item in dict.fromkeys([*items, *fbl.material.ends]) if title_key(item.title) in asked]
    told = titles.ends(item.title for item in tested)
    return {item: replace(told[item.title], category=item.category) for item in tested}


def _encoded(fbl: Fbl, instead: dict[End, End]) -> Ends:
    """The material's ends, some of them replaced; words and characters are weighted by the ends as replaced."""
    language = Language.fit([instead.get(end, end) for end in fbl.known.ends])
    return language.encode([instead.get(end, end) for end in fbl.material.ends], fbl.store)
