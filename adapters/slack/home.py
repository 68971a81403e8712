"""App Home: start, go on, the last advisories, delete my data. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.slack.address import Json
from adapters.slack.history import Past
from adapters.slack.look import Look, plain

START, FORM, FORGET = "home:start", "home:form", "home:forget"
OPEN, AGAIN, EXPORT = "home:open", "home:again", "home:export"


def home(past: Sequence[Past], look: Look, note: str = "", channel: str | None = None) -> Json:
    """The view; `note` is shown on top, with the channel that it speaks of."""
    start = [
        _button(START, look.sentence("home_start"), "start", primary=True),
        _button(FORM, look.sentence("home_form"), "form"),
    ]
    blocks: list[Json] = [{"type": "header", "text": plain(look.sentence("home_title"), 150)}]
    blocks += [_note(note, channel)] if note else []
    blocks += [_section(look.sentence("home_about")), {"type": "actions", "block_id": "home:ways", "elements": start}]
    blocks.append({"type": "header", "text": plain(look.sentence("home_past"), 150)})
    blocks += [block for each in past for block in _past(each, look)] or [_section(look.sentence("list_empty"))]
    if past:
        forget = _button(FORGET, look.sentence("home_forget"), "forget") | {"style": "danger", "confirm": _confirm(look)}
        blocks += [{"type": "divider"}, {"type": "actions", "block_id": "home:data", "elements": [forget]}]
    return {"type": "home", "blocks": blocks}


def _past(each: Past, look: Look) -> list[Json]:
    key = "home_open" if each.status == "advised" else "home_continue"
    elements = [_button(OPEN, look.sentence(key), each.id)]
    if each.status == "advised":
        elements += [_button(AGAIN, look.sentence("home_again"), each.id), _button(EXPORT, look.sentence("export"), each.id)]
    return [_section(each.line(look.words)), {"type": "actions", "block_id": f"home:{each.id}", "elements": elements}]


def _note(text: str, channel: str | None) -> Json:
    elements: list[Json] = [{"type": "text", "text": text, "style": {"bold": True}}]
    elements += [{"type": "text", "text": " "}, {"type": "channel", "channel_id": channel}] if channel is not None else []
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]}


def _section(text: str) -> Json:
    return {"type": "section", "text": plain(text, 3_000)}


def _button(action: str, label: str, value: str, *, primary: bool = False) -> Json:
    found: Json = {"type": "button", "action_id": action, "text": plain(label, 75), "value": value}
    return found | ({"style": "primary"} if primary else {})


def _confirm(look: Look) -> Json:
    return {
        "title": plain(look.sentence("home_forget"), 100),
        "text": plain(look.sentence("home_forget_sure"), 300),
        "confirm": plain(look.sentence("home_forget_yes"), 30),
        "deny": plain(look.sentence("home_forget_no"), 30),
    }
