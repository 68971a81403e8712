"""A conversation as a test that people can read: what is typed, and what must be said back.

The format, plain UTF-8 text:

    # dialogue
    # knowledge 0123456789abcdef          further comment lines, at the top only
    # language en

    We tag product photos               expected: this must be in what the advisor says ...
    > 20000 a month                     ... before this line is typed by the person
    >= a:data:public                    a button is tapped: its token
    Got it: Items a month.              expected after it

Blocks are separated by empty lines. A line that begins with `> ` is typed, one with `>= ` is the token of a tapped button;
any other line is text expected in what is said next, in this order, spaces compared as one. A line that would begin with
`>`, `#` or a backslash is written with a backslash before it. What an answer file fills in cannot be typed and is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.archive import Transcript
from bot.events import Act, Answered, Confirmed, Heard, Rejected, Requested
from bot.markup import clean
from bot.retell import Retelling

HEADER = "# dialogue"


class NotADialogue(ValueError):
    """The text is no dialogue, or the transcript cannot become one; says why."""


@dataclass(frozen=True)
class Turn:
    """What a person does, and the lines expected after it. The first turn of a dialogue has nothing typed."""

    typed: str | None = None
    token: str | None = None
    expected: tuple[str, ...] = ()


def turns(text: str) -> list[Turn]:
    """A dialogue file, read. Raises NotADialogue."""
    lines = text.splitlines()
    if not lines or lines[0].strip() != HEADER:
        raise NotADialogue(f"the first line must be {HEADER!r}")
    found, expected = [], list[str]()
    typed: str | None = None
    token: str | None = None
    for line in lines[1:]:
        if line.startswith(">= "):
            found.append(Turn(typed, token, tuple(expected)))
            typed, token, expected = None, line[3:].strip(), []
        elif line.startswith(">"):
            found.append(Turn(typed, token, tuple(expected)))
            typed, token, expected = line[1:].removeprefix(" "), None, []
        elif line.strip() and not line.startswith("#"):
            expected.append(line.removeprefix("\\"))
    return [*found, Turn(typed, token, tuple(expected))]


def saved(transcript: Transcript, retelling: Retelling) -> str:
    """A transcript as a dialogue. Raises NotADialogue for what cannot be typed again."""
    return "\n".join(_lines(transcript, retelling)) + "\n"


def _lines(transcript: Transcript, retelling: Retelling) -> Iterator[str]:
    yield HEADER
    yield f"# knowledge {transcript.summary.knowledge}"
    yield f"# language {transcript.summary.language}"
    for number, event in enumerate(transcript.events):
        if isinstance(event, Heard):
            if event.via == "file":
                raise NotADialogue("it was filled in from an answer file, which a dialogue cannot type; test the file instead")
            yield ""
            yield from _typed(event)
            for act in event.acts:
                for told in retelling.acts(act):
                    yield f"# {retelling.say('understood', acts=told)}"
        for line in transcript.lines:
            if line.event_number == number and line.speaker == "advisor":
                yield from _expected(clean(line.text))


def _typed(event: Heard) -> Iterator[str]:
    token = _token(event.acts) if event.via == "tapped" else None
    if token is not None:
        yield f">= {token}"
    else:
        yield "> " + " ".join(clean(event.said).split())


def _token(acts: tuple[Act, ...]) -> str | None:
    """The token of the button that was tapped, from what it did; None where only its label is known."""
    from bot import taps
    from bot.answers import Money

    match acts:
        case (Answered(question=id, answer=answer),) if answer.status != "given":
            return taps.status_token(id, answer.status)
        case (Answered(question=id, answer=answer),):
            match answer.value:
                case str():
                    return taps.answer_token(id, answer.value)
                case float():
                    return taps.number_token(id, answer.value)
                case Money(amount=amount):
                    return taps.number_token(id, amount)
                case _:
                    return None
        case (Requested(request=request),):
            return taps.request_token(request.kind, request.about)
        case (Confirmed(),) | (Rejected(),):
            return None
        case _:
            return None


def _expected(text: str) -> Iterator[str]:
    for line in text.splitlines():
        kept = " ".join(line.split())
        if kept:
            yield f"\\{kept}" if kept[0] in "\\#>" else kept
