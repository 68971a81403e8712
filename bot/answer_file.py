"""Answer files: YAML or JSON, any subset of the questions. Every problem is reported at once, with its line."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from bot.advice.sheet import Figure
from bot.answers import STATUSES, Answer, Money, Refused, Status, accepted, check
from knowledge.load import Loader
from knowledge.model import Knowledge, Question

LARGEST = 1_000_000


class Invalid(Exception):
    """The file cannot be used; `problems` lists everything wrong, one line each."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


@dataclass(frozen=True)
class Filled:
    """What an answer file holds: answers, and figures of one's own for parameters of the economics."""

    answers: dict[str, Answer]
    figures: dict[str, Figure]
    swing: dict[str, float] | None


class _Words(Loader):
    """`yes`, `no`, `true` and `false` are all words here."""


_Words.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in Loader.yaml_implicit_resolvers.items()
}
_NUMBER = re.compile(r"[-+]?((\d+\.?\d*|\.\d+)([eE][-+]?\d+)?|\.inf)|\.nan")
"""Numbers as YAML 1.2 and JSON write them: no octals, no sexagesimals."""

_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
_SPELLED = {
    "true": "yes",
    "false": "no",
    "True": "yes",
    "False": "no",
    "TRUE": "yes",
    "FALSE": "no",
    "Yes": "yes",
    "No": "no",
    "YES": "yes",
    "NO": "no",
}


def read_file(path: Path, knowledge: Knowledge) -> Filled:
    """Read an answer file. Raises Invalid."""
    try:
        if path.stat().st_size > LARGEST:
            raise Invalid([f"{path}: larger than {LARGEST:,} bytes; an answer file holds a few lines per question"])
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise Invalid([f"{path}: {error.strerror or error}; name a YAML or JSON file with answers"]) from error
    except UnicodeDecodeError as error:
        raise Invalid([f"{path}: not UTF-8 text; save it as UTF-8"]) from error
    return read(text, str(path), knowledge)


def read(text: str, name: str, knowledge: Knowledge) -> Filled:
    """Read the text of an answer file; `name` is how problems call it. Raises Invalid with all of them."""
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, _Words)):
            raise Invalid([f"{name}: YAML aliases (*name) are not taken; write the value out"])
        root = yaml.compose(text, _Words)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise Invalid([f"{name}{line}: cannot be read as YAML or JSON: {getattr(error, 'problem', None) or error}"]) from error
    if root is None:
        raise Invalid([f"{name}: is empty; expected 'answers:' with question ids and values"])
    return _Reading(name, knowledge).whole(root)


def read_value(id: str, text: str, name: str, knowledge: Knowledge) -> Answer:
    """One value as an answer file would hold it. Raises Invalid."""
    reading = _Reading(name, knowledge)
    question = knowledge.questions.get(id)
    if question is None:
        raise Invalid([f"{name}: unknown question '{id}'; expected one of {', '.join(knowledge.questions)}"])
    try:
        node = yaml.compose(text, _Words)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Invalid([f"{name}: {getattr(error, 'problem', None) or error}"]) from error
    answer = reading.answer(question, node) if isinstance(node, yaml.ScalarNode | yaml.SequenceNode) else None
    if answer is None:
        raise Invalid(reading.problems or [f"{name}: expected {accepted(question, knowledge.words('en'))}"])
    return answer


class _Reading:
    """One pass over the nodes of a file, collecting problems."""

    def __init__(self, name: str, knowledge: Knowledge) -> None:
        self.name, self.knowledge, self.words = name, knowledge, knowledge.words("en")
        self.problems: list[str] = []

    def problem(self, node: yaml.Node, text: str) -> None:
        self.problems.append(f"{self.name}:{node.start_mark.line + 1}: {text}")

    def whole(self, root: yaml.Node) -> Filled:
        answers: dict[str, Answer] = {}
        figures: dict[str, Figure] = {}
        swing: dict[str, float] | None = None
        if not isinstance(root, yaml.MappingNode):
            self.problem(root, "expected a mapping with 'answers:'")
        else:
            sections = self.entries(root)
            for key, (key_node, node) in sections.items():
                if key not in ("answers", "parameters", "swing"):
                    self.problem(key_node, f"unknown section '{key}'; expected 'answers', 'parameters' or 'swing'")
                elif not isinstance(node, yaml.MappingNode):
                    if not (isinstance(node, yaml.ScalarNode) and node.value in ("", "null", "~")):
                        self.problem(node, f"'{key}' must be a mapping of ids to values")
                elif key == "answers":
                    answers = self.answers(node)
                elif key == "parameters":
                    figures = self.figures(node)
                else:
                    swing = self.swing(node)
            if "answers" not in sections and not self.problems:
                self.problem(root, "no 'answers:'; expected question ids and values below it")
        if self.problems:
            raise Invalid(self.problems)
        return Filled(answers, figures, swing)

    def entries(self, node: yaml.MappingNode) -> dict[str, tuple[yaml.Node, yaml.Node]]:
        found: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.problem(key, "a key must be a word")
            elif key.value in found:
                self.problem(key, f"'{key.value}' is given twice; keep one")
            else:
                found[key.value] = (key, value)
        return found

    def answers(self, node: yaml.MappingNode) -> dict[str, Answer]:
        found = {}
        for id, (key, value) in self.entries(node).items():
            question = self.knowledge.questions.get(id)
            if question is None:
                self.problem(key, f"unknown question '{id}'; expected one of {', '.join(self.knowledge.questions)}")
                continue
            answer = self.answer(question, value)
            if answer is not None:
                found[id] = answer
        return found

    def answer(self, question: Question, node: yaml.Node) -> Answer | None:
        fields = self.entries(node) if isinstance(node, yaml.MappingNode) else {}
        if isinstance(node, yaml.MappingNode):
            allowed = {"value", "status", "unsure"} | ({"currency"} if question.type == "money" else set())
            for key, (key_node, _) in fields.items():
                if key not in allowed:
                    self.problem(key_node, f"{question.id}: unknown field '{key}'; expected {', '.join(sorted(allowed))}")
                    return None
            if "status" in fields:
                return self.status(question, fields)
            if "value" not in fields:
                self.problem(node, f"{question.id}: neither 'value' nor 'status'; expected {accepted(question, self.words)}")
                return None
        value_node = fields["value"][1] if fields else node
        unsure = self.flag(question, fields)
        raw = self.plain(value_node)
        if question.type == "money":
            currency = self.plain(fields["currency"][1]) if "currency" in fields else "USD"
            if isinstance(raw, int | float) and not isinstance(raw, bool):
                raw = Money(amount=float(raw), currency=str(currency))
        elif question.type == "text" and isinstance(value_node, yaml.ScalarNode):
            raw = value_node.value
        try:
            return Answer(value=check(question, raw, self.words), unsure=unsure)
        except Refused as refused:
            self.problem(value_node, f"{question.id}: {refused}")
            return None

    def status(self, question: Question, fields: Mapping[str, tuple[yaml.Node, yaml.Node]]) -> Answer | None:
        node = fields["status"][1]
        raw = self.plain(node)
        status: Status | None = next((each for each in STATUSES if each == raw), None)
        if status is None or status == "given":
            self.problem(node, f"{question.id}: status {raw!r} is not one of dont_know, not_applicable, later")
            return None
        if "value" in fields:
            self.problem(fields["value"][0], f"{question.id}: a value and status '{status}' exclude each other; keep one")
            return None
        return Answer(status=status)

    def flag(self, question: Question, fields: Mapping[str, tuple[yaml.Node, yaml.Node]]) -> bool:
        if "unsure" not in fields:
            return False
        raw = self.plain(fields["unsure"][1])
        if raw not in ("yes", "no"):
            self.problem(fields["unsure"][1], f"{question.id}: unsure {raw!r} is not one of true, false")
        return raw == "yes"

    def plain(self, node: yaml.Node) -> object:
        """A node as plain data; words stay words."""
        match node:
            case yaml.ScalarNode() if node.style not in ("'", '"') and _NUMBER.fullmatch(node.value):
                return float(node.value.replace(".inf", "inf").replace(".nan", "nan"))
            case yaml.ScalarNode(tag="tag:yaml.org,2002:null"):
                return None
            case yaml.ScalarNode():
                return _SPELLED.get(node.value, node.value) if node.style not in ("'", '"') else node.value
            case yaml.SequenceNode():
                return [self.plain(each) for each in node.value]
            case _:
                return {"": "a mapping"}

    def swing(self, node: yaml.MappingNode) -> dict[str, float]:
        """Swing points: how much the step from worst to best on each criterion is worth, the greatest being 100."""
        found = {}
        for id, (key, value) in self.entries(node).items():
            points = self.plain(value)
            if id not in self.knowledge.criteria:
                self.problem(key, f"unknown criterion '{id}'; expected one of {', '.join(self.knowledge.criteria)}")
            elif not isinstance(points, float) or not 0 <= points <= 100:
                self.problem(value, f"{id}: {points!r} is not a number of points from 0 to 100")
            else:
                found[id] = points
        if not any(found.values()) and not self.problems:
            self.problem(node, "swing: all points are 0; give the most important criterion 100")
        return found

    def figures(self, node: yaml.MappingNode) -> dict[str, Figure]:
        found = {}
        for id, (key, value) in self.entries(node).items():
            if id not in self.knowledge.parameters:
                self.problem(key, f"unknown parameter '{id}'; expected one of {', '.join(self.knowledge.parameters)}")
                continue
            figure = self.figure(id, value)
            if figure is not None:
                found[id] = figure
        return found

    def figure(self, id: str, node: yaml.Node) -> Figure | None:
        fields = self.entries(node) if isinstance(node, yaml.MappingNode) else {}
        words = {
            key: node.value
            for key, (_, node) in fields.items()
            if key in ("source", "date") and isinstance(node, yaml.ScalarNode)
        }
        raw: dict[str, object] = {key: self.plain(value) for key, (_, value) in fields.items()} | words
        value = raw.get("value", self.plain(node) if not fields else None)
        ends = [value] * 2 if isinstance(value, float) else value
        missing = [name for name in ("source", "date") if not raw.get(name)]
        if not isinstance(ends, list) or len(ends) != 2 or not all(isinstance(end, float) and math.isfinite(end) for end in ends):
            self.problem(node, f"{id}: expected value: a number or [low, high], in {self.knowledge.parameters[id].unit}")
        elif missing:
            self.problem(node, f"{id}: a figure of your own needs {' and '.join(missing)}, so that it can be defended")
        elif set(raw) - {"value", "source", "date"}:
            self.problem(node, f"{id}: unknown field; expected value, source, date")
        else:
            low, high = sorted(float(end) for end in ends)
            parameter = self.knowledge.parameters[id]
            if low < parameter.least or high > parameter.most:
                limits = f"{parameter.least:g} to {parameter.most:g}"
                self.problem(node, f"{id}: {low:g} to {high:g} is outside {limits} ({parameter.unit})")
                return None
            if not _DATE.fullmatch(str(raw["date"])):
                self.problem(fields["date"][1], f"{id}: date {raw['date']!r} is not a year, YYYY-MM or YYYY-MM-DD")
                return None
            return Figure(low, high, str(raw["source"]), str(raw["date"]))
        return None
