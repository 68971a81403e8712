"""The buttons, lists and menus under a message, and what they offer in words. Pure."""

from __future__ import annotations

from adapters.slack.address import Json
from adapters.slack.look import Look, escaped, plain
from bot.handout import FORMS
from bot.speak import Button, Message

MOST_BUTTONS, MOST_OPTIONS, MOST_OVERFLOW = 5, 100, 5
LONGEST_LABEL, LONGEST_OFFER = 75, 600
ORDERING = "o"
FEEDBACK_YES, FEEDBACK_NO = "f:yes", "f:no"


def offered(message: Message, look: Look) -> str:
    """What can be tapped, in words, for those who do not see the buttons."""
    if not message.buttons:
        return ""
    labels = ", ".join(button.label for button in message.buttons)
    return escaped("\n" + look.sentence("choices", choices=labels)[:LONGEST_OFFER])


def controls(message: Message, number: int, look: Look) -> list[Json]:
    """Buttons or a list, and the ways round the question in an overflow menu."""
    buttons = [_ordering(button) if message.ranking else button for button in message.buttons]
    elements: list[Json] = []
    if len(buttons) <= MOST_BUTTONS:
        elements += [
            {"type": "button", "action_id": f"tap:{i}", "text": plain(button.label, LONGEST_LABEL), "value": button.token}
            for i, button in enumerate(buttons)
        ]
    else:
        for i in range(0, len(buttons), MOST_OPTIONS):
            options = [_option(button) for button in buttons[i : i + MOST_OPTIONS]]
            placeholder = plain(look.sentence("choose"), 150)
            elements.append({"type": "static_select", "action_id": f"choose:{i}", "placeholder": placeholder, "options": options})
    for i in range(0, len(message.more), MOST_OVERFLOW):
        options = [_option(button) for button in message.more[i : i + MOST_OVERFLOW]]
        elements.append({"type": "overflow", "action_id": f"more:{i}", "options": options})
    found: list[Json] = [{"type": "actions", "block_id": f"{number}:controls", "elements": elements}] if elements else []
    return [*found, *_feedback(message, number, look)]


def _feedback(message: Message, number: int, look: Look) -> list[Json]:
    """Whether an advice helped."""
    if message.name != "recommend":
        return []
    buttons = [(FEEDBACK_YES, look.sentence("helpful")), (FEEDBACK_NO, look.sentence("unhelpful"))]
    elements = [
        {"type": "button", "action_id": f"feedback:{i}", "text": plain(label, LONGEST_LABEL), "value": token}
        for i, (token, label) in enumerate(buttons)
    ]
    return [{"type": "actions", "block_id": f"{number}:feedback", "elements": elements}]


def exportable(message: Message, look: Look) -> Message:
    """An advice can be taken along as a file."""
    if message.name != "recommend":
        return message
    labels = {form: "export" if form == "md" else f"export_{form}" for form in FORMS if form != "options"}  # that is just above
    export = {form: Button(label=look.sentence(label), token=f"e:{form}") for form, label in labels.items()}
    plain_text = export.pop("md")
    return message.model_copy(update={"buttons": (*message.buttons, plain_text), "more": (*message.more, *export.values())})


def _option(button: Button) -> Json:
    return {"text": plain(button.label, LONGEST_LABEL), "value": button.token}


def _ordering(button: Button) -> Button:
    """The first tap of a ranking begins an order; it is no answer yet."""
    return button.model_copy(update={"token": ORDERING + button.token[1:]}) if button.token.startswith("k:") else button
