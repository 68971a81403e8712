"""Payloads as Slack sends them, after its documentation."""

from __future__ import annotations

import itertools
from typing import Any

US, TEAM = "UBOT", "T1"
_ids = itertools.count(1)


def event(kind: str = "message", team: str = TEAM, **fields: Any) -> dict[str, Any]:
    """An Events API delivery with a fresh event id."""
    told = {"type": kind, "channel": "C1", "user": "U1", "text": "hello", "ts": "1700000000.000100", "channel_type": "channel"}
    return {
        "token": "verification-secret",
        "team_id": team,
        "api_app_id": "A1",
        "type": "event_callback",
        "event_id": f"Ev{next(_ids)}",
        "event_time": 1700000000,
        "authorizations": [{"team_id": team, "user_id": US, "is_bot": True}],
        "event": {key: value for key, value in (told | fields).items() if value is not None},
    }


def tap(value: str, *, number: int = 1, team: str = TEAM, channel: str = "C1", user: str = "U1", **action: Any) -> dict[str, Any]:
    """A click on a button in a thread."""
    done = {
        "type": "button",
        "action_id": "tap:0",
        "block_id": f"{number}:controls",
        "value": value,
        "action_ts": "1700000001.25",
    }
    return {
        "type": "block_actions",
        "token": "verification-secret",
        "team": {"id": team, "domain": "local"},
        "user": {"id": user, "team_id": team},
        "channel": {"id": channel, "name": "general"},
        "container": {"type": "message", "message_ts": "1700000000.000300"},
        "message": {"ts": "1700000000.000300", "thread_ts": "1700000000.000100", "text": "…", "blocks": [{"type": "rich_text"}]},
        "response_url": "https://hooks.slack.com/actions/secret",
        "trigger_id": "1.2.3",
        "actions": [done | action],
    }


def selected(value: str, label: str, **more: Any) -> dict[str, Any]:
    """A pick from a list or an overflow menu."""
    option = {"text": {"type": "plain_text", "text": label}, "value": value}
    return tap("", type="static_select", selected_option=option, **more) | {}
