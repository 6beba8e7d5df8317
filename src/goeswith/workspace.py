"""A workspace on disk: settings, knowledge, immutable builds, and which of them is live.

    with Workspace(Path("shop")).draft(fingerprints) as draft:   # builds/.draft, resumed where it was left
        ...
        draft.publish()                                          # rename, then switch `current` atomically

A build is made in `builds/.draft`. Each stage that finished leaves `NAME.stage.json` with the fingerprint of all that
went into it and the sha256 of what came out; a stage whose fingerprint still holds is not run again, whether it stands
in the draft of a killed run or in an earlier build.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from goeswith import settings as settings_module
from goeswith.errors import WorkspaceError
from goeswith.settings import Settings

MANIFEST = "manifest.json"


class Workspace:
    def __init__(self, directory: Path, overrides: Sequence[str] = ()) -> None:
        self.directory = Path(directory)
        self.settings: Settings = settings_module.load(self.directory, overrides)

    @property
    def builds(self) -> Path:
        return self.directory / "builds"

    @property
    def knowledge(self) -> Path:
        return self.directory / "knowledge.sqlite"

    def current(self) -> Path:
        """The live build; raises WorkspaceError where nothing was built yet."""
        link = self.directory / "current"
        if not (link / MANIFEST).is_file():
            raise WorkspaceError(
                "nothing is built here", where=str(self.directory), remedy=f"run: goeswith build {self.directory}"
            )
        return link.resolve()

    def live(self) -> Path | None:
        with contextlib.suppress(WorkspaceError):
            return self.current()
        return None

    @staticmethod
    def stages(build: Path) -> int:
        """How many stages a finished build has; `--until` makes builds with fewer."""
        return len(json.loads((build / MANIFEST).read_text())["stages"])

    def finished(self) -> list[Path]:
        """Finished builds, oldest first."""
        return sorted(path.parent for path in self.builds.glob(f"[0-9]*/{MANIFEST}"))

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """One build at a time; the lock ends with the process, however that ends."""
        import fcntl

        with (self.directory / ".goeswith.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise WorkspaceError(
                    "another build is running", where=str(self.directory), remedy="wait for it, or stop it"
                ) from None
            yield

    def draft(self) -> Draft:
        folder = self.builds / ".draft"
        folder.mkdir(parents=True, exist_ok=True)
        return Draft(self, folder)

    def switch(self, build: Path) -> None:
        """Point `current` at a finished build, atomically."""
        link = self.directory / "current"
        fresh = self.directory / ".current"
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(build.relative_to(self.directory))
        os.replace(fresh, link)

    def rollback(self) -> Path:
        """Make the build before the live one live; returns it."""
        live, builds = self.current(), self.finished()
        place = [path.resolve() for path in builds].index(live)
        if place == 0:
            raise WorkspaceError("no earlier build", where=str(self.builds), found=live.name)
        self.switch(builds[place - 1])
        return builds[place - 1]


class Draft:
    """The build in the making."""

    def __init__(self, workspace: Workspace, folder: Path) -> None:
        self.workspace = workspace
        self.folder = folder

    def run(
        self, stage: str, fingerprint: str, artifacts: Sequence[str], work: Callable[[Path], dict[str, Any]]
    ) -> Stage:
        """Run one stage, unless its artifacts for this fingerprint stand here or in the live build.

        `work` writes `artifacts` into the folder it is given and returns what the manifest should tell of it.
        """
        done = _reusable(self.folder, stage, fingerprint)
        if done is not None:
            return done
        self._clear(stage, artifacts)
        for build in reversed(self.workspace.finished()):
            found = _reusable(build, stage, fingerprint)
            if found is not None:
                for name in found.hashes:
                    _link(build / name, self.folder / name)
                return self._record(found)
        report = work(self.folder)
        missing = [name for name in artifacts if not (self.folder / name).is_file()]
        if missing:
            raise WorkspaceError(f"stage {stage} left no {missing[0]}", where=str(self.folder))
        hashes = {name: sha256(self.folder / name) for name in sorted(artifacts)}
        return self._record(Stage(stage, fingerprint, hashes, report, reused=False))

    def _clear(self, stage: str, artifacts: Sequence[str]) -> None:
        """Remove what an earlier draft left of this stage: it may be links into the live build, never to be written."""
        for name in (f"{stage}.stage.json", *artifacts):
            (self.folder / name).unlink(missing_ok=True)

    def _record(self, stage: Stage) -> Stage:
        path = self.folder / f"{stage.name}.stage.json"
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(stage.as_json(), indent=1, sort_keys=True) + "\n")
        os.replace(partial, path)
        return stage

    def publish(self, stages: Sequence[Stage], facts: dict[str, Any]) -> Path:
        """Turn the draft into the live build; where the same was built before, that one goes live again."""
        identity = hashlib.sha256("".join(stage.fingerprint for stage in stages).encode()).hexdigest()[:10]
        finished = self.workspace.finished()
        same = next((build for build in finished if build.name.endswith(identity) and _whole(build)), None)
        if same is not None:
            shutil.rmtree(self.folder)
            self.workspace.switch(same)
            return same
        manifest = {
            "build": identity,
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "stages": [stage.as_json() for stage in stages],
            **facts,
        }
        keep = {name for stage in stages for name in stage.hashes} | {f"{stage.name}.stage.json" for stage in stages}
        for path in self.folder.iterdir():
            if path.name not in keep:
                path.unlink()
        (self.folder / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n")
        number = int(finished[-1].name.split("-")[0]) + 1 if finished else 1
        target = self.workspace.builds / f"{number:04d}-{identity}"
        os.replace(self.folder, target)
        self.workspace.switch(target)
        self._prune()
        return target

    def _prune(self) -> None:
        live = self.workspace.current()
        for build in self.workspace.finished()[: -self.workspace.settings.build.keep]:
            if build.resolve() != live:
                shutil.rmtree(build)


class Stage:
    """A finished stage: what went in (fingerprint), what came out (hashes), what to tell (report)."""

    def __init__(
        self, name: str, fingerprint: str, hashes: dict[str, str], report: dict[str, Any], reused: bool
    ) -> None:
        self.name, self.fingerprint, self.hashes, self.report, self.reused = name, fingerprint, hashes, report, reused

    def as_json(self) -> dict[str, Any]:
        return {"stage": self.name, "fingerprint": self.fingerprint, "hashes": self.hashes, "report": self.report}


def _reusable(folder: Path, stage: str, fingerprint: str) -> Stage | None:
    """The stage as it stands in a folder, if its fingerprint holds and its artifacts are whole."""
    try:
        record = json.loads((folder / f"{stage}.stage.json").read_text())
    except (OSError, ValueError):
        return None
    if record["fingerprint"] != fingerprint:
        return None
    if any(
        not (folder / name).is_file() or sha256(folder / name) != digest for name, digest in record["hashes"].items()
    ):
        return None
    return Stage(stage, fingerprint, record["hashes"], record["report"], reused=True)


def _link(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _whole(build: Path) -> bool:
    try:
        verify(build)
    except WorkspaceError:
        return False
    return True


def verify(build: Path) -> None:
    """Check every artifact of a build against its manifest; raises WorkspaceError at the first that differs."""
    manifest = json.loads((build / MANIFEST).read_text())
    for stage in manifest["stages"]:
        for name, digest in stage["hashes"].items():
            if not (build / name).is_file():
                raise WorkspaceError(f"missing artifact {name}", where=str(build), remedy="build again, or roll back")
            if sha256(build / name) != digest:
                raise WorkspaceError(
                    f"{name} is not what was built", where=str(build), remedy="build again, or roll back"
                )
