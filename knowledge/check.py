"""The linter: every problem of a knowledge base at once, as `file:line: id: what is wrong; what to do`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml
from pydantic import BaseModel, ValidationError

from knowledge import model
from knowledge.load import SHELVES, WORD_SHELVES, Files, Loader, load
from knowledge.meaning import EXAMINATIONS

WORDED: dict[str, type[BaseModel]] = {
    "questions": model.QuestionWords,
    "options": model.ThingWords,
    "criteria": model.ThingWords,
    "rules": model.RuleWords,
    "parameters": model.RuleWords,
    "glossary": model.Term,
}


@dataclass(frozen=True, order=True)
class Problem:
    """Where, about what, and what to do."""

    file: str
    line: int
    id: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.id}: {self.text}"


@dataclass
class _Places:
    """Line numbers of every key path of every file."""

    lines: dict[tuple[str, tuple[str, ...]], int] = field(default_factory=dict)

    def line(self, file: str, *path: str) -> int:
        """The line of the nearest known key on the path."""
        for length in range(len(path), -1, -1):
            if (file, path[:length]) in self.lines:
                return self.lines[file, path[:length]]
        return 1


def check(files: Files) -> list[Problem]:
    """All problems, in file order. Meaning is checked only once everything can be read."""
    places = _Places()
    problems = [problem for name, text in sorted(files.items()) for problem in _index(name, text, places)]
    if not any(problem.id == "yaml" for problem in problems):
        problems += _schema(files, places)
    if not problems:
        knowledge = load(files)
        for examine in EXAMINATIONS:
            problems += (Problem(f, places.line(f, *path), path[0] if path else f, text) for f, path, text in examine(knowledge))
    return sorted(set(problems))


# --- reading ----------------------------------------------------------------------------------------------------------


def _index(name: str, text: str, places: _Places) -> Iterator[Problem]:
    try:
        root = yaml.compose(text, Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        yield Problem(
            name, mark.line + 1 if mark else 1, "yaml", f"cannot be read ({getattr(error, 'problem', error)}); mend the syntax"
        )
        return
    if isinstance(root, yaml.MappingNode):
        yield from _walk(name, root, (), places)


def _walk(name: str, node: yaml.MappingNode, path: tuple[str, ...], places: _Places) -> Iterator[Problem]:
    seen: set[str] = set()
    for key, value in node.value:
        id, here = str(key.value), (*path, str(key.value))
        line = key.start_mark.line + 1
        if id in seen:
            yield Problem(name, line, ".".join(here), "is defined twice; rename or remove one")
        seen.add(id)
        places.lines[name, here] = line
        if isinstance(value, yaml.MappingNode):
            yield from _walk(name, value, here, places)


def _schema(files: Files, places: _Places) -> Iterator[Problem]:
    for shelf, kind in SHELVES.items():
        yield from _entries(files, f"{shelf}.yaml", kind, places, with_id=True)
    for language in sorted({name.split("/")[0] for name in files if "/" in name}):
        for shelf in WORD_SHELVES:
            if shelf in WORDED:
                yield from _entries(files, f"{language}/{shelf}.yaml", WORDED[shelf], places, with_id=False)
            elif f"{language}/{shelf}.yaml" not in files:
                yield Problem(f"{language}/{shelf}.yaml", 1, shelf, "the file is missing; add it")


def _entries(files: Files, name: str, kind: type[BaseModel], places: _Places, *, with_id: bool) -> Iterator[Problem]:
    if name not in files:
        yield Problem(name, 1, name, "the file is missing; add it")
        return
    content = yaml.load(files[name], Loader) or {}  # noqa: S506  a safe loader with fewer booleans
    for id, entry in content.items():
        if not isinstance(entry, dict):
            yield Problem(name, places.line(name, str(id)), str(id), "is not a mapping; give it fields")
            continue
        try:
            kind.model_validate({"id": id, **entry} if with_id else entry)
        except ValidationError as error:
            for each in error.errors():
                path = tuple(str(part) for part in each["loc"])
                wanted = f"; expected {', '.join(kind.model_fields)}" if each["type"] == "extra_forbidden" else ""
                yield Problem(
                    name, places.line(name, str(id), *path), str(id), f"{'.'.join(path)}: {each['msg'].lower()}{wanted}"
                )
