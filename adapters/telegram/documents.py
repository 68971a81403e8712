"""An advice as a file: Markdown, a web page, or JSON, as it was given."""

from __future__ import annotations

import json
from typing import Literal, get_args

from bot.advice.advice import Advice
from bot.page import render
from bot.speak import Message
from knowledge.model import Knowledge

Form = Literal["md", "html", "json"]
FORMS: tuple[Form, ...] = get_args(Form)
_PREFIX = "document_"


def document(advice: Advice, knowledge: Knowledge, language: str, form: Form) -> Message:
    """The message that carries an advice as a file; its text is the content of the file."""
    if form == "json":
        content = json.dumps(advice.as_json(), ensure_ascii=False, indent=2)
    else:
        content = render(advice, knowledge, language, form)
    return Message(name=f"{_PREFIX}{form}", markdown=content)


def filename(message: Message, conversation: str) -> str | None:
    """The name of the file that a message carries; None if it carries none."""
    form = message.name.removeprefix(_PREFIX)
    safe = "".join(letter for letter in conversation if letter.isalnum())[:40]
    return f"advice-{safe}.{form}" if message.name.startswith(_PREFIX) and form in FORMS else None
