"""goeswith init DIR --items F: a workspace with a goeswith.toml made for the files at hand."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from goeswith.cli.common import console
from goeswith.data.guess import guess_columns
from goeswith.data.tables import TABLES
from goeswith.errors import SettingsError, WorkspaceError
from goeswith.settings import FILE

File = Annotated[str | None, typer.Option(metavar="FILE")]


def command(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make.")],
    items: Annotated[str, typer.Option(metavar="FILE", help="The catalogue: item_id, title, …")],
    purchases: File = None,
    impressions: File = None,
    labels: File = None,
    recorded: Annotated[list[str] | None, typer.Option(metavar="GLOB", help="Recorded answers; repeatable.")] = None,
    model: Annotated[str | None, typer.Option(help="Ask this model of an OpenAI-compatible endpoint.")] = None,
    base_url: Annotated[str | None, typer.Option(metavar="URL", help="The endpoint; OpenAI's if left out.")] = None,
    price: Annotated[
        str | None, typer.Option(metavar="IN,OUT", help="The model's price per million tokens; 0,0 if it is free.")
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="TABLE.OURS=YOURS", help="Name a column where it cannot be guessed; repeatable."),
    ] = None,
) -> None:
    """Look at the files' columns, map them, and write goeswith.toml."""
    path = directory / FILE
    if path.exists():
        raise WorkspaceError(
            "there is a workspace already", where=str(path), remedy="edit that file, or choose another folder"
        )
    given = {name: file for name, file in zip(TABLES, (items, purchases, impressions, labels), strict=True) if file}
    for named in column or []:
        if "=" not in named or named.partition(".")[0] not in given:
            raise SettingsError("--column takes TABLE.OURS=YOURS", found=named, remedy=f"tables: {', '.join(given)}")
    llm = _llm(model, base_url, price)
    columns = {name: guess_columns(TABLES[name], file, _named(name, column or [])) for name, file in given.items()}
    directory.mkdir(parents=True, exist_ok=True)
    path.write_text(_toml(directory, given, columns, recorded or [], llm), encoding="utf-8")
    for name, mapping in columns.items():
        told = ", ".join(f"{ours} = {theirs}" if ours != theirs else ours for ours, theirs in mapping.items())
        console.print(f"{name}: {told}", markup=False, soft_wrap=True)
    console.print(f"wrote {path}; next: goeswith check {directory}", soft_wrap=True)


def _llm(model: str | None, base_url: str | None, price: str | None) -> list[str]:
    """Lines of [llm] for a live model; nothing is asked before the user sets a budget."""
    if model is None:
        if base_url or price:
            raise SettingsError("--base-url and --price belong to a --model", remedy="name the model too")
        return ['provider = "recorded"']
    lines = ['provider = "openai"', f"model = {_text(model)}"]
    lines += [f"base_url = {_text(base_url)}"] if base_url else []
    lines += ["# budget = 5.0    # the most this workspace may ever spend; without it nothing is asked"]
    if price is None:
        lines += ["# your price table, per million tokens:", f"# prices.{_text(model)} = {{ input = , output =  }}"]
        return lines
    try:
        given, taken = (float(part) for part in price.split(","))
    except ValueError:
        raise SettingsError("--price takes IN,OUT", found=price, remedy="for instance --price 0.40,1.60") from None
    return [*lines, f"prices.{_text(model)} = {{ input = {given:g}, output = {taken:g} }}"]


def _named(table: str, columns: list[str]) -> dict[str, str]:
    pairs = (column.partition("=") for column in columns if column.startswith(f"{table}."))
    return {ours.removeprefix(f"{table}."): theirs for ours, _, theirs in pairs}


def _toml(
    directory: Path, given: dict[str, str], columns: dict[str, dict[str, str]], recorded: list[str], llm: list[str]
) -> str:
    lines = ["# Every key and its default: docs/settings.md. Paths are relative to this file.", "[data]"]
    lines += [f"{name} = {_text(_relative(file, directory))}" for name, file in given.items()]
    for name, mapping in columns.items():
        renamed = {ours: theirs for ours, theirs in mapping.items() if ours != theirs}
        if renamed:
            lines += ["", f"[data.columns.{name}]", *(f"{ours} = {_text(theirs)}" for ours, theirs in renamed.items())]
    globs = ", ".join(_text(_relative(glob, directory)) for glob in recorded)
    lines += ["", "[llm]", *llm, *([f"recorded = [{globs}]"] if recorded or len(llm) == 1 else [])]
    return "\n".join(lines) + "\n"


def _relative(file: str, directory: Path) -> str:
    return Path(os.path.relpath(Path(file).absolute(), directory.absolute())).as_posix()


def _text(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
