"""Reads a knowledge base from its files and gives it a version: a digest of the content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path

import yaml
from pydantic import TypeAdapter, ValidationError

from knowledge import model
from knowledge.model import Knowledge, Language

SHELVES: dict[str, type[model.Entry]] = {
    "sources": model.Source,
    "claims": model.Claim,
    "evidence": model.Evidence,
    "derived": model.Derived,
    "disputes": model.Dispute,
    "omissions": model.Omission,
    "precedents": model.Precedent,
    "topics": model.Topic,
    "questions": model.Question,
    "options": model.Option,
    "criteria": model.Criterion,
    "effects": model.Effect,
    "vetoes": model.Veto,
    "parameters": model.Parameter,
    "safeguards": model.Safeguard,
    "placements": model.Placement,
    "conflicts": model.Conflict,
    "split": model.SplitStep,
    "automation": model.Automation,
    "provider": model.ProviderPoint,
    "tender": model.TenderQuestion,
    "decision": model.Decision,
}
ADDED = {"tender"}
"""Shelves that a base stored by an earlier release does not have; it is read as if they were empty."""
WORD_SHELVES = tuple(Language.model_fields)

Files = Mapping[str, str]


class KnowledgeError(Exception):
    """The files do not make a knowledge base; `advisor knowledge check` lists every problem."""


class Loader(yaml.CSafeLoader):
    """YAML 1.2 booleans only: `yes` and `no` are words, and choices of questions."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def digest(files: Files) -> str:
    """The version of a knowledge base: the first 16 hex digits of SHA-256 over its files in name order."""
    canonical = json.dumps(dict(sorted(files.items())), ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def read_folder(folder: Path) -> dict[str, str]:
    """All YAML files below a folder, keyed by their path relative to it."""
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in sorted(folder.rglob("*.yaml"))}


@cache
def packaged_files() -> dict[str, str]:
    """The files of the knowledge base that came with the program."""
    with resources.as_file(resources.files("knowledge") / "data") as folder:
        return read_folder(folder)


@cache
def packaged() -> Knowledge:
    """The knowledge base that came with the program."""
    return load(packaged_files())


def load(files: Files) -> Knowledge:
    """Build a knowledge base from file contents. Raises KnowledgeError when a file is missing or malformed."""
    try:
        there = [shelf for shelf in SHELVES if shelf not in ADDED or f"{shelf}.yaml" in files]
        shelves = {shelf: _entries(files, f"{shelf}.yaml") if shelf in there else {} for shelf in SHELVES}
        languages = sorted({name.split("/")[0] for name in files if "/" in name})
        words = {lang: _words(files, lang) for lang in languages}
        return Knowledge.model_validate({"version": digest(files), "languages": words, **shelves})
    except (ValidationError, yaml.YAMLError) as error:
        raise KnowledgeError(f"the knowledge base cannot be read: {error}") from error


def _words(files: Files, language: str) -> dict[str, object]:
    """The words of a language; a shelf that older knowledge bases lack may be missing."""
    needed = {shelf: f"{language}/{shelf}.yaml" for shelf, field in Language.model_fields.items() if field.is_required()}
    there = {shelf: name for shelf in WORD_SHELVES if (name := f"{language}/{shelf}.yaml") in files}
    return {shelf: _mapping(files, name) for shelf, name in {**needed, **there}.items()}


def _mapping(files: Files, name: str) -> dict[str, object]:
    if name not in files:
        raise KnowledgeError(f"the knowledge base has no file {name}")
    content = yaml.load(files[name], Loader) or {}  # noqa: S506  a safe loader with fewer booleans
    return TypeAdapter(dict[str, object]).validate_python(content)


def _entries(files: Files, name: str) -> dict[str, object]:
    return {
        id: {"id": id, **TypeAdapter(dict[str, object]).validate_python(entry)} for id, entry in _mapping(files, name).items()
    }
