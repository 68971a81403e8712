"""Where to answer in Slack, as the inbox and the outbox keep it, and the names of places."""

from __future__ import annotations

from typing import Any

from bot.answers import Frozen

PLATFORM = "slack"
NOWHERE = "{}"  # of an incoming message: answer where the conversation is held

Json = dict[str, Any]
"""A payload of Slack, as its JSON was read."""


class Address(Frozen):
    """A channel (or a person, for a direct message), the thread in it, and who spoke there last.

    `tapped` is the outbox number of the message under whose button somebody tapped; `aside` marks words in a thread that
    were not addressed to us; `revised` is the `ts` of the message that was edited or deleted.
    """

    channel: str
    thread: str | None = None
    user: str
    tapped: int | None = None
    aside: bool = False
    revised: str | None = None


def is_aside(address: str) -> bool:
    """Whether what was said at an address was not said to us."""
    return address != NOWHERE and Address.model_validate_json(address).aside


def message_key(team: str, channel: str, ts: str) -> str:
    """What a message is known by in the inbox, however often and in whatever events it comes."""
    return f"{team}:{channel}:{ts}"


def person(team: str, user: str) -> str:
    """A person of a workspace."""
    return f"{PLATFORM}:{team}:{user}"


def thread_place(team: str, channel: str, thread: str) -> str:
    """A thread in a channel."""
    return f"{PLATFORM}:{team}:{channel}:{thread}"


def private_place(team: str, user: str) -> str:
    """The direct messages with a person. Named by the person, for commands and App Home do not carry the channel."""
    return f"{PLATFORM}:{team}:{user}"


def is_private(channel: str) -> bool:
    """Whether a channel id is that of a direct message."""
    return channel.startswith("D")
