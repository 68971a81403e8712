"""What is said for the effects of an event: an advice is shown before it is told, a short note leads what follows it. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from bot.case import Case
from bot.effects import Effect, Note, Recommend, Strike
from bot.speak import Message, pictured, speak
from knowledge.model import Knowledge


def replies(
    effects: Iterable[Effect], number: int, case: Case, knowledge: Knowledge, retention_days: int | None
) -> list[Message]:
    """The messages for the effects of the event of this number, after which the case is as given."""
    spoken: list[tuple[Effect, Message]] = []
    for effect in effects:
        if isinstance(effect, Recommend):
            spoken.append((effect, pictured(effect, number, case)))
        spoken.append((effect, speak(effect, case, knowledge, retention_days)))
    return joined(spoken)


def joined(spoken: Iterable[tuple[Effect, Message]]) -> list[Message]:
    """One message instead of two where a short note comes before what it leads to."""
    found: list[Message] = []
    lead = ""
    for effect, message in spoken:
        if isinstance(effect, Note | Strike) and not message.buttons:
            lead += message.markdown + "\n\n"
        elif message.picture is not None:
            found.append(message)
        else:
            found.append(message.model_copy(update={"markdown": lead + message.markdown}))
            lead = ""
    return [*found, Message(name="note", markdown=lead.strip())] if lead else found
