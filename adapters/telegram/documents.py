"""An advice as a file, as it was given: the decision memo, Markdown, a web page, or JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Literal, get_args

from adapters.telegram.lookup import Given
from bot.advice.advice import Advice
from bot.page import render
from bot.speak import Message
from knowledge.model import Knowledge

Form = Literal["memo", "md", "html", "json"]
FORMS: tuple[Form, ...] = get_args(Form)
_PREFIX = "document_"


def document(given: Given, knowledge: Knowledge, language: str, form: Form) -> Message:
    """The message that carries an advice as a file; its text is the content of the file."""
    plain = json.loads(given.text)
    match form:
        case "json":
            content = json.dumps(plain, ensure_ascii=False, indent=2)
        case "memo":
            from bot.memo import memo_page

            dated = datetime.fromtimestamp(given.at / 1000, UTC).date()
            content = memo_page(Advice.from_json(plain), knowledge, language, dated, given.conversation)
        case _:
            content = render(Advice.from_json(plain), knowledge, language, form)
    return Message(name=f"{_PREFIX}{form}", markdown=content)


def filename(message: Message, conversation: str) -> str | None:
    """The name of the file that a message carries; None if it carries none."""
    form = message.name.removeprefix(_PREFIX)
    if not message.name.startswith(_PREFIX) or form not in FORMS:
        return None
    safe = "".join(letter for letter in conversation if letter.isalnum())[:40]
    return f"memo-{safe}.html" if form == "memo" else f"advice-{safe}.{form}"
