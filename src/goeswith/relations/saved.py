"""The classifier on disk: relations.json (what it is, the ends it remembers) and relations.safetensors (numbers).

    save(folder, model, language, Evidence.of(settings))
    model, language = load(folder)

Where nothing could be trained relations.json says why, and `load` raises that.
"""

from __future__ import annotations

import json
from dataclasses import asdict, astuple
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

from goeswith.errors import WorkspaceError
from goeswith.relations.calibration import Calibration
from goeswith.relations.classifier import KINDS, Classifier
from goeswith.relations.ends import DENSE, End, Ends, Floats, Ints, Language
from goeswith.relations.fine import DOUBLE, Direction, Fine
from goeswith.relations.kernel import Pairs, Scale
from goeswith.relations.ridge import Ridge
from goeswith.relations.signs import NAMES
from goeswith.relations.together import Evidence, together

ARTIFACTS = ("relations.json", "relations.safetensors")


def save(folder: Path, model: Classifier, language: Language, evidence: Evidence | None = None) -> None:
    """`evidence` tells how co-purchase was counted, so that it is counted alike ever after; None: it was not."""
    remembered = [model.landmarks, *(direction.pairs for direction in model.fine.directions)]
    used = np.unique(np.concatenate([np.concatenate([pairs.a, pairs.b]) for pairs in remembered]))
    ends = model.landmarks.ends.take(used)
    tensors = {f"ends.{name}": getattr(ends, name) for name in DENSE}
    tensors |= {f"language.{name}": values for name, values in language.tensors().items()}
    tensors |= {f"coarse.{name}": values for name, values in model.coarse.tensors().items()}
    tensors |= _pairs("landmarks", model.landmarks, used)
    for number, direction in enumerate(model.fine.directions):
        tensors |= _pairs(f"direction{number}", direction.pairs, used)
        tensors[f"direction{number}.coefficients"] = direction.coefficients
    tensors |= {"scale.mean": model.scale.mean, "scale.spread": model.scale.spread}
    tensors |= {"calibration.slopes": model.calibration.slopes, "calibration.offsets": model.calibration.offsets}
    tensors |= {"fine.coefficients": model.fine.groups.coefficients, "fine.offset": model.fine.groups.offset}
    save_file({name: np.ascontiguousarray(t) for name, t in tensors.items()}, str(folder / "relations.safetensors"))
    bought = None if evidence is None else asdict(evidence)
    told: dict[str, object] = {
        "kind": model.kind,
        "signs": list(NAMES),
        "bought": bought,
        "ends": [astuple(end) for end in ends.ends],
    }
    _write(folder, told)


def save_untrained(folder: Path, why: str) -> None:
    save_file({}, str(folder / "relations.safetensors"))
    _write(folder, {"kind": "", "why": why})


def load(folder: Path) -> tuple[Classifier, Language]:
    """Raises WorkspaceError where the build could not train a classifier."""
    document = json.loads((folder / "relations.json").read_text(encoding="utf-8"))
    if not document["kind"]:
        raise WorkspaceError(
            "this build has no relation classifier",
            where=str(folder),
            found=document["why"],
            remedy="name labels under [data], recorded answers in llm.recorded, or set llm.budget; then build again",
        )
    if document["signs"] != list(NAMES):
        raise WorkspaceError(
            "this build's relation classifier was made by another version", where=str(folder), remedy="build again"
        )
    tensors = load_file(str(folder / "relations.safetensors"))
    bought = {} if document["bought"] is None else together(folder, Evidence(**document["bought"]))
    language = Language.from_tensors(_under("language", tensors), bought)
    ends = language.with_vectors([End(*row) for row in document["ends"]], *(tensors[f"ends.{name}"] for name in DENSE))
    none = np.zeros((0, 3), np.float32)
    directions = tuple(
        Direction(_load_pairs(f"direction{n}", tensors, ends), tensors[f"direction{n}.coefficients"])
        for n in range(len(DOUBLE))
    )
    model = Classifier(
        document["kind"],
        _load_pairs("landmarks", tensors, ends),
        Scale(tensors["scale.mean"], tensors["scale.spread"]),
        KINDS[document["kind"]].from_tensors(_under("coarse", tensors)),
        Calibration(tensors["calibration.slopes"], tensors["calibration.offsets"]),
        Fine(Ridge(tensors["fine.coefficients"], tensors["fine.offset"], none), directions),
    )
    return model, language


def _pairs(name: str, pairs: Pairs, used: Ints) -> dict[str, Floats | Ints]:
    rows = np.searchsorted(used, np.stack([pairs.a, pairs.b]))
    return {f"{name}.ends": rows.astype(np.int64), f"{name}.signs": pairs.signs}


def _load_pairs(name: str, tensors: dict[str, Floats], ends: Ends) -> Pairs:
    a, b = tensors[f"{name}.ends"].astype(np.int64)
    return Pairs(ends, a, b, tensors[f"{name}.signs"])


def _under(prefix: str, tensors: dict[str, Floats]) -> dict[str, Floats]:
    return {name.removeprefix(f"{prefix}."): t for name, t in tensors.items() if name.startswith(f"{prefix}.")}


def _write(folder: Path, document: dict[str, object]) -> None:
    (folder / "relations.json").write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
