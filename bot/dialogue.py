"""A conversation as a test that people can read: what is typed, and what must be said back.

The format, plain UTF-8 text:

    # dialogue
    # knowledge 0123456789abcdef
    # language en

    How many items a month?
    > 20000 a month
    # understood as: items a month: 20,000 items a month

    Got it: items a month is 20,000.

The first line is the header. A line that begins with `> ` is typed by the person (for a button: its label). Any other line is
expected: it must be in what the advisor says between the typed lines around it, in this order, runs of spaces counted as one;
what is said besides is not looked at. Empty lines divide blocks. Lines that begin with `#` are comments. A line of text that
begins with `>`, `#` or a backslash is written with a backslash before it. Of an advice only its headline is expected, so
that the test outlives a changed figure. What an answer file filled in cannot be typed and is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from bot.archive import Transcript
from bot.events import Heard
from bot.markup import clean
from bot.records import Line
from bot.retell import Retelling

HEADER = "# dialogue"
_BRIEF = ("greet", "recommend")


class NotADialogue(ValueError):
    """The text is no dialogue, or the transcript cannot become one; says why."""


@dataclass(frozen=True)
class Turn:
    """A line typed, and the lines expected after it. The first turn of a dialogue has nothing typed."""

    typed: str | None
    expected: tuple[str, ...]


def turns(text: str) -> list[Turn]:
    """A dialogue file, read. Raises NotADialogue."""
    lines = text.splitlines()
    if not lines or lines[0].strip() != HEADER:
        raise NotADialogue(f"the first line must be {HEADER!r}")
    found: list[Turn] = []
    typed, expected = None, list[str]()
    for line in lines[1:]:
        if line.startswith(">"):
            found.append(Turn(typed, tuple(expected)))
            typed, expected = line[1:].removeprefix(" "), []
        elif line.strip() and not line.startswith("#"):
            expected.append(line.removeprefix("\\"))
    return [*found, Turn(typed, tuple(expected))]


def missing(turn: Turn, said: str) -> str | None:
    """The first expected line that is not in what was said after the ones before it; None if all are there."""
    rest = " ".join(said.split())
    for line in turn.expected:
        _, found, rest = rest.partition(" ".join(line.split()))
        if not found:
            return line
    return None


def saved(transcript: Transcript, retelling: Retelling) -> str:
    """A transcript as a dialogue. Raises NotADialogue for what cannot be typed again."""
    return "\n".join(_lines(transcript, retelling)) + "\n"


def _lines(transcript: Transcript, retelling: Retelling) -> Iterator[str]:
    yield HEADER
    yield f"# knowledge {transcript.summary.knowledge}"
    yield f"# language {transcript.summary.language}"
    headlines = {given.event_number: json.loads(given.text).get("headline") for given in transcript.advice}
    for number, event in enumerate(transcript.events):
        yield ""
        if isinstance(event, Heard):
            if event.via == "file":
                raise NotADialogue("it was filled in from an answer file, which a dialogue cannot type; test the file instead")
            yield "> " + " ".join(clean(event.said).split())
            yield from (f"# {retelling.say('understood', acts=told)}" for act in event.acts for told in retelling.acts(act))
        for line in transcript.lines:
            if line.event_number == number and line.speaker == "advisor":
                yield from _expected(line, headlines.get(number))


def _expected(line: Line, headline: str | None) -> Iterator[str]:
    spoken = [" ".join(each.split()) for each in clean(line.text).splitlines() if each.strip()]
    if line.message in _BRIEF:
        spoken = [headline] if line.message == "recommend" and headline else spoken[:1]
    yield from (f"\\{each}" if each[0] in "\\#>" else each for each in spoken)
