"""An advice as it was given, to take along: the decision memo, Markdown, a web page, JSON, or the picture of its money."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal, get_args

from pydantic import ValidationError

from bot.advice.advice import Advice
from bot.markup import escape
from bot.page import render
from bot.speak import Message
from bot.store import Conversation, Given, Store
from bot.worded import worded_for
from knowledge.model import Knowledge

Form = Literal["md", "memo", "html", "json", "money"]
FORMS: tuple[Form, ...] = get_args(Form)
EXPORT = "export."
"""Begins the name of a message whose text is the content of a file; the rest is the form."""
ENDINGS: Mapping[str, str] = {"memo": "html"}
"""Forms whose files end otherwise than they are called."""


def advice_of(given: Given) -> Advice | None:
    """The advice as a value; None if it is of a form that this version does not know."""
    try:
        return Advice.from_json(json.loads(given.text))
    except (ValidationError, KeyError, TypeError):
        return None


def memo_of(given: Given, conversation: str, language: str, base: Knowledge, form: Literal["md", "html"]) -> str | None:
    """The decision memo of an advice, dated on its day; None if the advice can no longer be read."""
    from bot.memo import memo, memo_page

    advice, day = advice_of(given), datetime.fromtimestamp(given.at / 1000, UTC).date()
    write = memo_page if form == "html" else memo
    return write(advice, base, language, day, conversation) if advice is not None else None


def handout(store: Store, conversation: Conversation, today: Knowledge, form: Form) -> Message | None:
    """The message that carries the advice given last in one of the forms; None if there is nothing to hand out."""
    given = store.latest_advice(conversation.id)
    advice = advice_of(given) if given is not None else None
    if given is None or advice is None:
        return None
    language = conversation.language
    base = worded_for(store, given.knowledge, today)
    match form:
        case "money":
            return _money(advice, given, base, language)
        case "json":
            content = json.dumps(json.loads(given.text), ensure_ascii=False, indent=2)
        case "memo":
            content = memo_of(given, conversation.id, language, base, "html") or ""
        case _:
            content = render(advice, base, language, form)
    return Message(name=f"{EXPORT}{form}", markdown=content)


def _money(advice: Advice, given: Given, base: Knowledge, language: str) -> Message:
    """The picture of the money, or why there is none."""
    from bot.chart_words import cheapest, has_money

    words = base.words(language)
    if not has_money(advice):
        return Message(name="note", markdown=escape(words.sentences["no_money_picture"]))
    title = f"**{escape(cheapest(advice, words, language))}**"
    return Message(name="picture", markdown=title, picture=given.event_number, which="money")
