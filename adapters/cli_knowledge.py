"""`advisor knowledge`: check, show and compare knowledge bases."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from adapters.cli import FAILED, as_json_option, emit, knowledge_base, stop
from knowledge.check import check as problems_of
from knowledge.load import Files, KnowledgeError, load, packaged_files, read_folder
from knowledge.meaning import used_facts
from knowledge.model import Knowledge

folder = click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))


@click.group()
def group() -> None:
    """Lint, show and compare knowledge bases."""


def _files(path: Path | None) -> Files:
    return packaged_files() if path is None else read_folder(path)


@group.command()
@folder
@as_json_option
def check(folder: Path | None, as_json: bool) -> None:
    """Report every problem of a knowledge base at once, as file:line: id: what is wrong; what to do."""
    found = problems_of(_files(folder))
    base = f"{folder}/" if folder else "knowledge/data/"
    if as_json:
        emit([{"file": p.file, "line": p.line, "id": p.id, "text": p.text} for p in found])
    else:
        for problem in found:
            click.echo(f"{base}{problem}")
        click.echo(f"{len(found)} problems" if found else "no problems", err=True)
    sys.exit(FAILED if found else 0)


@group.command()
@click.argument("id")
@as_json_option
def show(id: str, as_json: bool) -> None:
    """Anything with an id (a claim, evidence, source, question, option, rule, parameter, term), with what it rests on."""
    base = knowledge_base()
    found = _named(base, id)
    if not found:
        stop(f"nothing is called {id}; ids look like C17, E020, S01, volume, crowd_vendor, veto_personal, worker_accuracy_anyone")
    if as_json:
        emit(found)
        return
    for kind, entry in found.items():
        click.echo(f"{kind}:")
        for name, value in entry.items():
            if value not in (None, "", [], {}):
                click.echo(f"  {name}: {value}")


def _named(base: Knowledge, id: str) -> dict[str, dict[str, Any]]:
    """Everything with this id: the entry, its words, its sources, and what uses it."""
    found: dict[str, dict[str, Any]] = {}
    for shelf in type(base).model_fields:
        entries = getattr(base, shelf)
        if isinstance(entries, dict) and shelf != "languages" and id in entries:
            found[shelf] = entries[id].model_dump(mode="json")
    for language, words in base.languages.items():
        for shelf in ("questions", "options", "criteria", "rules", "parameters", "glossary"):
            if id in getattr(words, shelf):
                found[f"words ({language}/{shelf})"] = getattr(words, shelf)[id].model_dump(mode="json")
    facts = [id] if base.fact(id) else [fact for entry in found.values() for fact in entry.get("basis") or []]
    sources = dict.fromkeys(source for fact in facts for source in base.sources_of(fact))
    for source in sources:
        found[f"source {source}"] = base.sources[source].model_dump(mode="json")
    if found and used_facts(base).get(id):
        found["used by"] = {"ids": used_facts(base)[id]}
    return found


@group.command()
@click.argument("before", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("after", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@as_json_option
def diff(before: Path, after: Path | None, as_json: bool) -> None:
    """What differs between two knowledge bases (the second defaults to the packaged one), entry by entry."""
    try:
        old, new = load(read_folder(before)), load(_files(after))
    except KnowledgeError as error:
        stop(str(error), code=FAILED)
    changes = _differences(old.model_dump(mode="json"), new.model_dump(mode="json"))
    if as_json:
        emit({"before": old.version, "after": new.version, "changes": changes})
        return
    for change in changes:
        click.echo(f"{change['change']} {change['what']}" + (f": {change['from']} -> {change['to']}" if "from" in change else ""))
    if not changes:
        click.echo("no difference")


def _differences(old: Any, new: Any, path: str = "") -> list[dict[str, Any]]:
    if isinstance(old, dict) and isinstance(new, dict):
        found = []
        for key in sorted({*old, *new} - ({"version"} if not path else set())):
            below = f"{path}.{key}" if path else key
            if key not in new:
                found.append({"change": "removed", "what": below})
            elif key not in old:
                found.append({"change": "added", "what": below})
            else:
                found += _differences(old[key], new[key], below)
        return found
    return [] if old == new else [{"change": "changed", "what": path, "from": old, "to": new}]
