"""What happened to a case. Events carry what was understood, not only what was said; times and persons come from outside.

Rules: events are only ever appended; a field is never given another meaning; what is derivable is not stored.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from bot.answers import Answer, Frozen, Value
from bot.guard import Kind
from bot.understand.reading import Doubt, Fact, Request

# --- acts: what a person did with one message or tap -------------------------------------------------------------------


class Answered(Frozen):
    """An answer to a question, the open one or an earlier one."""

    act: Literal["answered"] = "answered"
    question: str
    answer: Answer


class Proposed(Frozen):
    """Facts found in free text; they count only once confirmed."""

    act: Literal["proposed"] = "proposed"
    facts: tuple[Fact, ...]
    doubts: tuple[Doubt, ...] = ()


class Confirmed(Frozen):
    """Yes to what is being asked: the understood facts, the summary, a restart."""

    act: Literal["confirmed"] = "confirmed"


class Rejected(Frozen):
    """No to it; `question` names the one part that is wrong, if only one is."""

    act: Literal["rejected"] = "rejected"
    question: str | None = None


class Requested(Frozen):
    """Something other than an answer, from the closed list."""

    act: Literal["requested"] = "requested"
    request: Request


class Missed(Frozen):
    """Nothing that could be used. `hint` is a reading that nearly fitted, to be said back."""

    act: Literal["missed"] = "missed"
    hint: Value | None = None


class CameLate(Frozen):
    """A tap or reply to a question that is no longer open. It changes nothing."""

    act: Literal["came_late"] = "came_late"
    question: str


class Exposed(Frozen):
    """Card, identity or contact data was in the words: the kinds of it, not the data."""

    act: Literal["exposed"] = "exposed"
    kinds: tuple[Kind, ...]


Act = Annotated[Answered | Proposed | Confirmed | Rejected | Requested | Missed | CameLate | Exposed, Field(discriminator="act")]

# --- events ------------------------------------------------------------------------------------------------------------

Via = Literal["typed", "tapped", "file"]


class Happened(Frozen):
    """Base of the events: when (UTC milliseconds) and by whom (`platform:tenant:user`)."""

    at: int
    by: str


class Started(Happened):
    """A conversation began. `order` is how questions are chosen."""

    event: Literal["started"] = "started"
    conversation: str
    language: str = "en"
    knowledge: str
    order: Literal["adaptive", "file"] = "adaptive"
    opening: bool = False  # words came with it, so nothing need be asked yet


class Heard(Happened):
    """One message or tap, and what was understood by it."""

    event: Literal["heard"] = "heard"
    said: str
    via: Via
    acts: tuple[Act, ...]


class Upgraded(Happened):
    """The knowledge base under a running conversation changed."""

    event: Literal["upgraded"] = "upgraded"
    knowledge: str


Event = Annotated[Started | Heard | Upgraded, Field(discriminator="event")]
EVENT: TypeAdapter[Started | Heard | Upgraded] = TypeAdapter(Event)
