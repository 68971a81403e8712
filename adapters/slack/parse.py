"""From a delivery of Slack to what a person said or tapped, or why it is nobody's answer. Pure.

Answers are exactly: `message` or `app_mention` with no subtype, `file_share` or `thread_broadcast`, by a person of the
workspace; in channels only mentions and replies in a thread; and taps on our own buttons. An edit or a deletion by the
author of a message answers nothing: it carries EDITED or DELETED, the new words as its text, and the old ones as its label.
"""

from __future__ import annotations

import html
import json
import re

from adapters.slack.address import Address, Json, is_private, person
from adapters.slack.deliveries import ACCESS, ANSWERS, revised
from bot.answers import Frozen
from bot.markup import clean
from bot.messages import GONE, Ignored, Incoming, Unreadable

EDITED, DELETED = "m:edited", "m:deleted"
_REFERENCE = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")


class Own(Frozen):
    """Who we are in a workspace."""

    team: str
    user: str
    bot: str = ""


def parse(raw: str, own: Own) -> Incoming | Ignored:
    """Raises Unreadable."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Unreadable("not JSON") from error
    match body:
        case {"type": "understood", "incoming": dict(incoming)}:
            try:
                return Incoming.model_validate(incoming)
            except ValueError as error:
                raise Unreadable("not an understood delivery") from error
        case {"type": "event_callback", "team_id": str(team), "event": dict(event)}:
            return _event(team, event, own)
        case {"type": "block_actions", "team": {"id": str(team)}, "user": {"id": str(user)}, "actions": [dict(action), *_]}:
            return _tap(team, user, body, action)
        case _:
            raise Unreadable(f"neither an event nor a tap: {body.get('type') if isinstance(body, dict) else type(body).__name__}")


def outsider(event: Json, team: str) -> bool:
    """Whether a message is by somebody of another organisation, as in a channel shared by Slack Connect."""
    return any(event.get(key, team) not in (team, None) for key in ("user_team", "source_team", "team"))


def _event(team: str, event: Json, own: Own) -> Incoming | Ignored:
    if event.get("type") in ACCESS:
        return Ignored(why=f"{GONE}: {event['type']}")
    if event.get("type") == "message" and (original := revised(event)):
        return _revision(team, event, original, own)
    if event.get("type") not in ("message", "app_mention"):
        return Ignored(why=f"an event of type {event.get('type')}")
    if event.get("subtype") not in ANSWERS:
        return Ignored(why=f"a message of subtype {event.get('subtype')}")
    if event.get("bot_id") or event.get("user") == own.user:
        return Ignored(why="said by a program")
    match event:
        case {"channel": str(channel), "user": str(user), "ts": str(ts)}:
            pass
        case _:
            raise Unreadable("a message without channel, user or ts")
    if outsider(event, team):
        return Ignored(why="said by somebody of another organisation")
    said = str(event.get("text") or "")
    mentioned = event["type"] == "app_mention" or f"<@{own.user}>" in said or f"<@{own.user}|" in said
    thread = _thread(event)
    if is_private(channel):
        address = Address(channel=channel, thread=thread, user=user)
    elif mentioned or thread:
        address = Address(channel=channel, thread=thread or ts, user=user, aside=not mentioned)
    else:
        return Ignored(why="said in a channel, and not to us")
    return Incoming(
        person=person(team, user), tenant=team, text=words(said, own), address=address.model_dump_json(exclude_defaults=True)
    )


def _thread(message: Json) -> str | None:
    """The thread that a message is in. Raises Unreadable."""
    thread = message.get("thread_ts")
    if thread is not None and not isinstance(thread, str):
        raise Unreadable("a thread that is no text")
    return thread


def _revision(team: str, event: Json, original: Json, own: Own) -> Incoming | Ignored:
    """An edit or a deletion. Slack also reports a link's preview, a reply's count and our own edits as edits."""
    if original.get("bot_id") or original.get("user") == own.user:
        return Ignored(why="a message of a program was changed")
    if outsider(original, team):
        return Ignored(why="changed by somebody of another organisation")
    match event, original:
        case {"channel": str(channel)}, {"user": str(user), "ts": str(ts)}:
            pass
        case _:
            raise Unreadable("a changed message without channel, user or ts")
    now, before = event.get("message"), words(str(original.get("text") or ""), own)
    kept = isinstance(now, dict) and event.get("subtype") == "message_changed" and now.get("subtype") != "tombstone"
    after = words(str(now.get("text") or ""), own) if kept and isinstance(now, dict) else ""
    if kept and original is not now and after == before:
        return Ignored(why="a message whose words stay")
    thread = _thread(original)
    where = thread if is_private(channel) else thread or ts
    address = Address(channel=channel, thread=where, user=user, aside=True, revised=ts)
    return Incoming(
        person=person(team, user),
        tenant=team,
        text=after,
        token=EDITED if kept else DELETED,
        label=before,
        address=address.model_dump_json(exclude_defaults=True),
    )


def _tap(team: str, user: str, body: Json, action: Json) -> Incoming:
    match action:
        case {"selected_option": {"value": str(token)} as option}:
            label = option.get("text")
        case {"value": str(token)}:
            label = action.get("text")
        case _:
            raise Unreadable("a tap without a value")
    shown = str(label.get("text", "")) if isinstance(label, dict) else ""
    return Incoming(
        person=person(team, user),
        tenant=team,
        token=token,
        label=clean(html.unescape(shown)),
        address=_tapped_at(user, body, action).model_dump_json(exclude_defaults=True),
        via="tapped",
    )


def _tapped_at(user: str, body: Json, action: Json) -> Address:
    number = str(action.get("block_id", "")).partition(":")[0]
    tapped = int(number) if number.isascii() and number.isdigit() and len(number) < 19 else None
    match body:
        case {"channel": {"id": str(channel)}, "message": {"ts": str(ts)} as message}:
            thread = _thread(message)
            return Address(channel=channel, thread=thread if is_private(channel) else thread or ts, user=user, tapped=tapped)
        case _:
            return Address(channel=user, user=user, tapped=tapped)


def words(said: str, own: Own) -> str:
    """What a person wrote: without the mention of us, references by their names, Slack's three escapes undone."""

    def told(found: re.Match[str]) -> str:
        target, label = found[1], found[2] or ""
        match target[:1]:
            case "@":
                return "" if target == f"@{own.user}" else label or "@somebody"
            case "#":
                return f"#{label}" if label else "#channel"
            case "!":
                return label or f"@{target[1:]}"
            case _:
                return label or target

    return clean(html.unescape(_REFERENCE.sub(told, said))).strip()
