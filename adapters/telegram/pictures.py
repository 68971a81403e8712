"""What Telegram adds to the picture of an advice: its alt text on request, as there is no place for one."""

from __future__ import annotations

from bot.advice.advice import Advice
from bot.markup import escape
from bot.speak import Button, Message, Which
from knowledge.model import Knowledge, Language


def with_button(message: Message, words: Language) -> Message:
    """The picture's message with a way to its alt text."""
    which = f":{message.which}" if message.which != "options" else ""
    button = Button(label=words.sentences["telegram_in_words"], token=f"t:words:{message.picture}{which}")
    return message.model_copy(update={"buttons": (button,)})


def in_words(advice: Advice, knowledge: Knowledge, language: str, which: Which = "options") -> Message:
    """What a picture shows, for those who do not see it."""
    from bot.chart import alt

    return Message(name="alt", markdown=escape(alt(advice, knowledge, language, which)))
