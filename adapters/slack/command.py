"""`/advise`: what a command asks for, and what it is answered with at once. An unknown word gets help, never silence. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from adapters.slack.address import Address, Json, person, private_place
from adapters.slack.blocks import payloads
from adapters.slack.history import Past
from adapters.slack.look import Look
from bot.markup import clean, escape
from bot.messages import Incoming
from bot.speak import Message

COMMAND = "/advise"
_ID = re.compile(r"[a-z0-9-]{5,64}")


@dataclass(frozen=True)
class Answered:
    """What the person sees at once; what is done in the interview, and where; whether the form opens."""

    reply: str
    incoming: Incoming | None = None
    place: str = ""
    form: bool = False


def asked(text: str) -> Literal["help", "list", "continue", "cancel", "form", "review", "show", "opening"]:
    """One word is a command, known or not; more are the opening of an interview, but for `show` with a number."""
    said = clean(text).casefold().split()
    match said:
        case ["list" | "continue" | "cancel" | "form" | "review" as word]:
            return word
        case ["show", id] if _ID.fullmatch(id):
            return "show"
        case [_, _, *_]:
            return "opening"
        case _:
            return "help"


def answer(
    team: str,
    user: str,
    text: str,
    past: Sequence[Past],
    look: Look,
    *,
    others: Sequence[Past] | None = None,
    readable: bool = False,
) -> Answered:
    """The answer to a command of somebody with these conversations.

    `others` are those of other people, None for who is no reviewer; `readable` says whether what `show` names may be read.
    """
    kind = asked(text)
    match kind:
        case "help":
            return Answered(look.sentence("help"))
        case "list":
            return Answered(listed(past, look, "list"))
        case "review":
            return Answered(listed(others, look, "review") if others is not None else look.sentence("review_not"))
        case "show":
            return Answered(look.sentence("show_sent" if readable else "show_none"))
        case "form":
            return Answered(look.sentence("form_opens"), form=True)
        case "opening":
            return Answered(look.sentence("opened"), begin(team, user, text), private_place(team, user))
        case "continue" | "cancel":
            going = next((each for each in past if each.unfinished), None)
            draft = next((each for each in past if each.status == "cancelled"), None)
            found = going or (draft if kind == "continue" else None)
            if found is None:
                return Answered(look.sentence("nothing_open"))
            return Answered(look.sentence(f"{kind}_done"), again(team, user, found, kind), found.place)


def listed(past: Sequence[Past], look: Look, what: Literal["list", "review"]) -> str:
    """Advisories, a line and a number each, as Markdown."""
    lines = [f"- {escape(each.line(look.words))} `{each.id}`" for each in past]
    return "\n".join([look.sentence(f"{what}_head"), "", *lines]) if lines else look.sentence(f"{what}_empty")


def begin(team: str, user: str, text: str) -> Incoming:
    """A new interview in direct messages."""
    address = Address(channel=user, user=user).model_dump_json(exclude_defaults=True)
    return Incoming(person=person(team, user), tenant=team, text=clean(text).strip(), address=address, fresh=True)


def again(team: str, user: str, past: Past, what: Literal["continue", "cancel", "open"]) -> Incoming:
    """Something about a conversation of one's own, said where it is held."""
    token = {"cancel": "r:cancel", "continue": "r:resume"}.get(what) or ("r:advise" if past.status == "advised" else "r:resume")
    return Incoming(person=person(team, user), tenant=team, token=token, label=f"/advise {what}", resume=past.id, via="tapped")


def whisper(text: str, look: Look) -> Json:
    """The reply that only the person sees."""
    return {"response_type": "ephemeral", **payloads(Message(name="reply", markdown=text), 0, look)[0]}
