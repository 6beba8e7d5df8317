"""make bench: every benchmark, or those named: python -m benchmarks [asking] [build] [demo] [linker] [ablation] …"""

from __future__ import annotations

import os
import sys

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from benchmarks import ablation, asking, build, demo, linker, relations

BENCHMARKS = {
    "asking": asking.main,
    "build": build.main,
    "demo": demo.main,
    "linker": linker.main,
    "ablation": ablation.main,
    "relations": relations.main,
}


def run(names: list[str]) -> None:
    for name in names or list(BENCHMARKS):
        print(f"\n== {name}: {sys.modules[f'benchmarks.{name}'].__doc__.splitlines()[0]}")
        BENCHMARKS[name]()


if __name__ == "__main__":
    run(sys.argv[1:])
