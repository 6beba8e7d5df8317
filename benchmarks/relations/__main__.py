"""python -m benchmarks.relations: the parts of the benchmark one by one, also on workspaces elsewhere."""

import argparse
from pathlib import Path

from benchmarks.relations import PARTS, main

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.relations")
    parser.add_argument("names", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all where none is named")
    parser.add_argument("--fbl", type=Path, help="a built workspace of the people's labels; examples/fbl")
    parser.add_argument("--beauty", type=Path, help="a built workspace of Amazon Beauty; examples/amazon_beauty")
    parser.add_argument("--seeds", type=int, help="instead of each part's own")
    told = parser.parse_args()
    if unknown := set(told.names) - set(PARTS):
        parser.error(f"no part is named {', '.join(sorted(unknown))}")
    main(told.names, told.fbl, told.beauty, told.seeds)
