"""What an adapter understands of a raw delivery, in the words of the conversation and not of the platform."""

from __future__ import annotations

from typing import Literal

from bot.answers import Frozen

GONE = "access is gone"
"""How the reason of an ignored delivery begins that says that the platform took our access away."""


class Incoming(Frozen):
    """A message or tap of a person at a place.

    `person` is `platform:tenant:user`; `address` is what the adapter needs to answer there (JSON). `fresh` begins a new
    conversation, `ignore` says why a delivery means nothing to us.
    """

    person: str
    tenant: str
    text: str = ""
    token: str | None = None
    label: str = ""
    address: str = "{}"
    fresh: bool = False
    resume: str | None = None
    via: Literal["typed", "tapped", "file"] = "typed"


class Ignored(Frozen):
    """A delivery that is no one's answer, and why."""

    why: str


class Unreadable(Exception):
    """A delivery that cannot be parsed; it is set aside and never blocks those behind it."""
