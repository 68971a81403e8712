"""What Telegram adds to the picture of an advice: its alt text on request, as there is no place for one."""

from __future__ import annotations

import json

from bot.advice.advice import Advice
from bot.markup import escape
from bot.speak import Button, Message
from knowledge.model import Knowledge, Language


def with_button(message: Message, words: Language) -> Message:
    """The picture's message with a way to its alt text."""
    button = Button(label=words.sentences["telegram_in_words"], token=f"t:words:{message.picture}")
    return message.model_copy(update={"buttons": (button,)})


def in_words(given: str, knowledge: Knowledge, language: str) -> Message:
    """What a picture shows, for those who do not see it."""
    from bot.chart import alt

    return Message(name="alt", markdown=escape(alt(Advice.from_json(json.loads(given)), knowledge, language)))
