"""What makes a delivery of Slack unique, and its order. Pure; what is kept leaves out tokens and the blocks we sent ourselves.

Keys: an event by workspace and `event_id`, its message by (workspace, channel, ts), since one mention arrives as two events;
a tap, which has no id, by a digest of when, who and what. An edit or a deletion belongs where its message was said.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from adapters.slack.address import PLATFORM, Json, is_private, message_key, private_place, thread_place
from bot.markup import clean
from bot.messages import Incoming
from bot.records import Delivery

ANSWERS = (None, "file_share", "thread_broadcast")
"""The subtypes of messages in which a person says something."""
ACCESS = ("app_uninstalled", "tokens_revoked")
"""Events after which we may do nothing in the workspace any more."""
_DROPPED = {"token", "response_url", "trigger_id", "blocks", "state", "files", "authorizations", "bot_access_token"}


def delivery(body: Json, now: int) -> Delivery:
    """An event or a tap. One that cannot be placed is set aside by the inbox, never lost."""
    kept = json.dumps(_kept(body), ensure_ascii=False, sort_keys=True)
    match body:
        case {"type": "event_callback", "team_id": str(team), "event_id": str(id), "event": {"ts": str(ts)} as event}:
            where = _place_of_event(team, {**event, **revised(event)})
            key = message_key(team, str(event.get("channel")), ts) if where and event.get("subtype") in ANSWERS else None
            return Delivery(PLATFORM, f"{team}:{id}", key, where, moment(ts), now, kept)
        case {"type": "event_callback", "team_id": str(team), "event_id": str(id), "event": {"type": str(kind)}} if (
            kind in ACCESS
        ):
            return Delivery(PLATFORM, f"{team}:{id}", None, f"{PLATFORM}:{team}", moment(f"{now / 1000:.6f}"), now, kept)
        case {"type": "block_actions", "team": {"id": str(team)}, "user": {"id": str(user)}, "actions": [{**action}, *_]}:
            at = str(action.get("action_ts", ""))
            key = digest(team, user, at, str(action.get("action_id")), str(action.get("block_id")))
            return Delivery(PLATFORM, key, None, _place_of_tap(team, user, body), moment(at), now, kept)
        case _:
            return Delivery(PLATFORM, digest(kept), None, None, moment(""), now, kept)


def revised(event: Json) -> Json:
    """The message that an edit or a deletion is about, as it was before where Slack says so; empty for any other event."""
    if event.get("subtype") not in ("message_changed", "message_deleted"):
        return {}
    found = [each for name in ("previous_message", "message") if isinstance(each := event.get(name), dict)]
    return found[0] if found else {}


def understood(incoming: Incoming, key: str, place: str, now: int) -> Delivery:
    """A command, a form or a shortcut, whose meaning was settled when it came."""
    kept = json.dumps({"type": "understood", "incoming": incoming.model_dump()}, ensure_ascii=False)
    return Delivery(PLATFORM, key, None, place, moment(f"{now / 1000:.6f}"), now, kept)


def digest(*parts: str) -> str:
    """A key for what has no id of its own."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def moment(ts: str) -> str:
    """A `ts` of Slack in a form whose text order is the order in time."""
    whole, _, part = ts.partition(".")
    return f"{whole:0>12}.{part:0<6}"


def milliseconds(ts: str) -> int:
    """The time of a `ts`, UTC; 0 for one that cannot be read."""
    whole, _, part = ts.partition(".")
    digits = f"{whole}{part[:3]:0<3}"
    return int(digits) if digits.isascii() and digits.isdigit() else 0


def _kept(raw: object) -> object:
    match raw:
        case dict():
            return {str(key): _kept(value) for key, value in raw.items() if key not in _DROPPED}
        case list():
            return [_kept(each) for each in raw]
        case str():
            return clean(raw)
        case _:
            return raw


def _place_of_event(team: str, event: Json) -> str | None:
    match event:
        case {"channel": str(channel), "user": str(user)} if is_private(channel):
            return private_place(team, user)
        case {"channel": str(channel), "ts": str(ts)}:
            return thread_place(team, channel, _first(event.get("thread_ts"), ts))
        case _:
            return None


def _place_of_tap(team: str, user: str, body: Json) -> str:
    match body:
        case {"channel": {"id": str(channel)}, "message": {"ts": str(ts)} as message} if not is_private(channel):
            return thread_place(team, channel, _first(message.get("thread_ts"), ts))
        case _:
            return private_place(team, user)


def _first(*found: object) -> str:
    return next(each for each in _strings(found) if each)


def _strings(found: Iterable[object]) -> Iterable[str]:
    return (each for each in found if isinstance(each, str))
