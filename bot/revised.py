"""What a person did to a message that was heard already: an edit is noted beside it, a deletion takes its words out.

Neither changes an answer: what was understood stands until the person changes it in the interview.
"""

from __future__ import annotations

import functools
import sqlite3
from dataclasses import dataclass

from bot.events import EVENT, Answered, Heard, Proposed
from bot.markup import clean
from bot.records import Line
from bot.redaction import redact_message
from bot.store import Store
from bot.striking import strike

LEAST_WORDS = 4
"""Shorter phrases of a deleted message are taken out of the reply to it only: others may have used the same words."""
EDITED, DELETED = "edited", "deleted"
"""How a transcript marks the line of an edit, and that of a message which is gone."""


@dataclass(frozen=True)
class Place:
    """Which event of which conversation a message became."""

    conversation: str
    number: int


def heard_as(store: Store, place: str, person: str, said: str, at: int) -> Place | None:
    """Where a person's words, said at about this time (UTC milliseconds), went; None if they went nowhere."""
    row = store.row(
        "SELECT t.conversation, t.event_number FROM transcript t JOIN conversations c ON c.id = t.conversation"
        " WHERE c.place = ? AND t.person = ? AND t.speaker = 'person' AND t.message IN ('typed', ?) AND t.text = ?"
        " ORDER BY abs(t.at - ?) LIMIT 1",
        (place, person, EDITED, clean(said), at),
    )
    return Place(*row) if row else None


def answered_there(store: Store, where: Place) -> tuple[str, ...]:
    """The questions that the message answered."""
    at = (where.conversation, where.number)
    ((stored,),) = store.rows("SELECT event FROM events WHERE conversation = ? AND number = ?", at)
    event = EVENT.validate_json(stored)
    found: list[str] = []
    for act in event.acts if isinstance(event, Heard) else ():
        match act:
            case Answered(question=question):
                found.append(question)
            case Proposed(facts=facts):
                found += [fact.question for fact in facts]
            case _:
                pass
    return tuple(dict.fromkeys(found))


def edited(store: Store, where: Place, person: str, words: str, now: int) -> None:
    """Note the new words beside the old."""
    store.write(where.conversation, [Line(where.number, now, person, EDITED, clean(words))])


def deleted(store: Store, where: Place, now: int) -> None:
    """Take the words out, also where they are quoted, and leave a line that says so."""
    store.later(functools.partial(_taken_out, store.connection, where, now))


def _taken_out(connection: sqlite3.Connection, where: Place, now: int) -> None:
    phrases = redact_message(connection, where.conversation, where.number)
    strike(connection, where.conversation, [each for each in phrases if len(each.split()) >= LEAST_WORDS], now)
    connection.execute(
        "UPDATE lines SET message = ? WHERE conversation = ? AND event_number = ? AND message = 'typed'",
        (DELETED, where.conversation, where.number),
    )
