"""The name of the file that a message carries."""

from __future__ import annotations

from bot.handout import ENDINGS, EXPORT
from bot.speak import Message


def filename(message: Message, conversation: str) -> str | None:
    """The name of the file; None if the message carries none."""
    if not message.name.startswith(EXPORT):
        return None
    form = message.name.removeprefix(EXPORT)
    safe = "".join(letter for letter in conversation if letter.isalnum())[:40]
    return f"{'memo' if form == 'memo' else 'advice'}-{safe}.{ENDINGS.get(form, form)}"
