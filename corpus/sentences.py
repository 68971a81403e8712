"""The labelled messages that the classifiers of choices and of requests learn from, and those they are measured on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import yaml

from bot.understand.words import words_of
from knowledge.load import Loader

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT / "corpus" / "en"
REQUESTS = ROOT / "corpus" / "requests"
PHRASES = ROOT / "tests" / "phrases" / "requests.yaml"
"""Messages that the phrases were written with."""
TESTS = ROOT / "tests" / "utterances"
"""Sets that the lexicon was written with."""
UNSEEN = TESTS / "unseen"
"""Sets for measuring: nothing is learned from them, nor from a message of the same words elsewhere."""


class Labelled(NamedTuple):
    """A message with the values that a careful reader takes from it; None among them: leaving the question open is right too."""

    text: str
    values: Mapping[str, list[object]]

    def states(self, question: str, value: str) -> int:
        """1 if the message states the value, 0 if not, -1 where careful readers may differ."""
        taken = self.values.get(question, [])
        return 0 if value not in taken else 1 if taken == [value] else -1


def labelled(path: Path) -> list[Labelled]:
    """The messages of a file of `[text, {question: value or list of values}]`."""
    rows = yaml.load(path.read_text("utf-8"), Loader)  # noqa: S506  a safe loader with fewer booleans
    return [
        Labelled(text, {question: wanted if isinstance(wanted, list) else [wanted] for question, wanted in values.items()})
        for text, values in rows
    ]


def of_corpus() -> Iterator[Labelled]:
    """Messages that the lexicon has not been fitted to."""
    yield from _to_learn(CORPUS)


def of_tests() -> Iterator[Labelled]:
    """Messages that the lexicon was written with."""
    yield from _to_learn(TESTS)


def _to_learn(folder: Path) -> Iterator[Labelled]:
    """All but those that are measured on: two messages of the same words are the same, whatever their signs and capitals."""
    measured = {words_of(each.text, {}) for path in _in(UNSEEN) for each in labelled(path)}
    for path in _in(folder):
        yield from (each for each in labelled(path) if words_of(each.text, {}) not in measured)


def of_requests() -> Iterator[tuple[str, str | None]]:
    """Messages in the middle of an interview with the kind of request they make; None where they make none."""
    for path in (*_in(REQUESTS), PHRASES):
        for text, kind, *_ in yaml.load(path.read_text("utf-8"), Loader):  # noqa: S506  a safe loader with fewer booleans
            if kind not in ("yes", "no"):
                yield text, kind


def digest() -> str:
    """The digest of what the classifier of choices is learned from."""
    return _digest(*_in(CORPUS), *_in(TESTS))


def digest_of_requests() -> str:
    """The digest of what the classifier of requests is learned from."""
    return _digest(*_in(REQUESTS), PHRASES, *_in(CORPUS), *_in(TESTS))


def _in(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.yaml"))


def _digest(*paths: Path) -> str:
    """The first 16 hex digits of SHA-256 over all these files."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()[:16]
