"""Redaction: one person's words taken out of a conversation that others keep. Typed values stay, so that replay still holds."""

from __future__ import annotations

import json
import sqlite3
from typing import assert_never

from bot.answers import Answer
from bot.events import EVENT, Act, Answered, CameLate, Confirmed, Event, Exposed, Heard, Missed, Proposed, Rejected, Requested
from bot.guard import MARK as MARK
from bot.wordings import reword

IN_WORDS = ("process",)
"""Questions whose value is the person's own words (the only one of type text)."""
LEAST_LETTERS = 4
"""Shorter phrases ("yes", "200") are taken out of the reply to them only: elsewhere they name nobody."""


def redact(connection: sqlite3.Connection, conversation: str, person: str, before: int) -> int:
    """Take a person's words out of another's conversation, up to a time (UTC milliseconds). Returns how many events had some."""
    rows = connection.execute(
        "SELECT number, event FROM events WHERE conversation = ? AND person = ? AND at <= ?", (conversation, person, before)
    ).fetchall()
    phrases: set[str] = set()
    for number, stored in rows:
        event = EVENT.validate_json(stored)
        phrases |= {_letters(phrase) for phrase in _phrases(event)} - {""}
        connection.execute(
            "UPDATE events SET event = ?, person = ? WHERE conversation = ? AND number = ?",
            (without_words(event).model_dump_json(), MARK, conversation, number),
        )
    if rows:
        _answers(connection, conversation, person, before)
        _transcript(connection, conversation, person, before, {number for number, _ in rows}, phrases)
        _quoted(connection, conversation, {phrase for phrase in phrases if len(phrase) >= LEAST_LETTERS})
    return len(rows)


def redact_message(connection: sqlite3.Connection, conversation: str, number: int) -> list[str]:
    """Take the words of one message, whose author deleted it, out of its event, its answers, its lines and the reply to it.

    Who said it stays, and so do the typed values. Returns the phrases that were in it.
    """
    (stored,) = connection.execute(
        "SELECT event FROM events WHERE conversation = ? AND number = ?", (conversation, number)
    ).fetchone()
    event = EVENT.validate_json(stored)
    here = (conversation, number)
    bare = without_words(event).model_copy(update={"by": event.by})
    connection.execute("UPDATE events SET event = ? WHERE conversation = ? AND number = ?", (bare.model_dump_json(), *here))
    connection.execute("UPDATE answers SET said = ? WHERE conversation = ? AND event_number = ?", (MARK, *here))
    connection.executemany(
        "UPDATE answers SET value = ? WHERE conversation = ? AND event_number = ? AND value IS NOT NULL AND question = ?",
        [(json.dumps(MARK), *here, question) for question in IN_WORDS],
    )
    phrases = _phrases(event)
    letters = {_letters(phrase) for phrase in phrases} - {""}
    lines = connection.execute("SELECT id, speaker, text FROM transcript WHERE conversation = ? AND event_number = ?", here)
    for id, speaker, text in lines.fetchall():
        if speaker == "person" or _quotes(text, letters):
            reword(connection, id, MARK)
    return phrases


def without_words(event: Event) -> Event:
    """An event without who caused it and what was said; what was understood stays."""
    if isinstance(event, Heard):
        return event.model_copy(update={"by": MARK, "said": MARK, "acts": tuple(_act(act) for act in event.acts)})
    return event.model_copy(update={"by": MARK})


def _act(act: Act) -> Act:
    match act:
        case Answered():
            return act.model_copy(update={"answer": _answer(act.question, act.answer)})
        case Proposed():
            facts = [fact.model_copy(update={"said": MARK, **_value(fact.question, fact.value)}) for fact in act.facts]
            doubts = [
                doubt.model_copy(
                    update={"said": MARK, **({"candidates": (MARK,)} if doubt.question in IN_WORDS and doubt.candidates else {})}
                )
                for doubt in act.doubts
            ]
            return act.model_copy(update={"facts": tuple(facts), "doubts": tuple(doubts)})
        case Requested(request=request):
            spoken = request.kind == "subject" or any(letter.isspace() for letter in request.about or "")
            about = {"about": MARK} if request.about and spoken else {}
            return act.model_copy(
                update={"request": request.model_copy(update={**about, **_value(request.about, request.value)})}
            )
        case Missed():
            return act.model_copy(update={"hint": None}) if isinstance(act.hint, str) else act
        case Confirmed() | Rejected() | CameLate() | Exposed():
            return act
        case _:
            assert_never(act)


def _answer(question: str, answer: Answer) -> Answer:
    return answer.model_copy(update=_value(question, answer.value))


def _value(question: str | None, value: object) -> dict[str, str]:
    return {"value": MARK} if question in IN_WORDS and isinstance(value, str) else {}


def _phrases(event: Event) -> list[str]:
    """What the person said in an event, whole and in parts."""
    if not isinstance(event, Heard):
        return []
    found = [event.said]
    for act in event.acts:
        match act:
            case Answered(question=question, answer=Answer(value=str() as words)) if question in IN_WORDS:
                found.append(words)
            case Proposed(facts=facts, doubts=doubts):
                found += [*(fact.said for fact in facts), *(doubt.said for doubt in doubts)]
                found += [fact.value for fact in facts if fact.question in IN_WORDS and isinstance(fact.value, str)]
            case Requested(request=request) if request.about and request.kind == "subject":
                found.append(request.about)
            case _:
                pass
    return found


def _letters(text: str) -> str:
    """Letters and digits only: finds a quotation whatever markup escaping did to it."""
    return "".join(each for each in text.casefold() if each.isalnum())


def _quotes(text: str, phrases: set[str]) -> bool:
    letters = _letters(text)
    return any(phrase in letters for phrase in phrases)


def _answers(connection: sqlite3.Connection, conversation: str, person: str, before: int) -> None:
    where, whose = "conversation = ? AND person = ? AND at <= ?", (conversation, person, before)
    marks = ", ".join("?" for _ in IN_WORDS)
    connection.execute(
        f"UPDATE answers SET value = ? WHERE {where} AND value IS NOT NULL AND question IN ({marks})",  # noqa: S608  constants
        (json.dumps(MARK), *whose, *IN_WORDS),
    )
    connection.execute(f"UPDATE answers SET said = ?, person = ? WHERE {where}", (MARK, MARK, *whose))  # noqa: S608  constants


def _transcript(
    connection: sqlite3.Connection, conversation: str, person: str, before: int, numbers: set[int], phrases: set[str]
) -> None:
    """The person's lines, and the advisor's lines that quote them."""
    long = {phrase for phrase in phrases if len(phrase) >= LEAST_LETTERS}
    rows = connection.execute(
        "SELECT id, event_number, at, speaker, person, text FROM transcript WHERE conversation = ?", (conversation,)
    ).fetchall()
    for id, number, at, speaker, whose, text in rows:
        theirs = whose == person and at <= before
        if theirs or (speaker == "advisor" and _quotes(text, phrases if number in numbers else long)):
            by = MARK if theirs else whose
            connection.execute("UPDATE lines SET person = ? WHERE id = ?", (by, id))
            reword(connection, id, MARK)


def _quoted(connection: sqlite3.Connection, conversation: str, phrases: set[str]) -> None:
    """Quotations in what was sent, advised and listed."""
    for number, body in connection.execute("SELECT number, body FROM outbox WHERE conversation = ?", (conversation,)).fetchall():
        if _quotes(body, phrases):
            connection.execute("UPDATE outbox SET body = ? WHERE number = ?", (_json_without(body, phrases), number))
    for number, advice in connection.execute(
        "SELECT event_number, advice FROM advice WHERE conversation = ?", (conversation,)
    ).fetchall():
        if _quotes(advice, phrases):
            connection.execute(
                "UPDATE advice SET advice = ? WHERE conversation = ? AND event_number = ?",
                (_json_without(advice, phrases), conversation, number),
            )
    row = connection.execute("SELECT process FROM conversations WHERE id = ?", (conversation,)).fetchone()
    if row and row[0] and _quotes(row[0], phrases):
        connection.execute("UPDATE conversations SET process = ? WHERE id = ?", (MARK, conversation))


def _json_without(document: str, phrases: set[str]) -> str:
    """A JSON document with every string that quotes a phrase replaced; keys and numbers stay."""

    def cut(node: object) -> object:
        match node:
            case str():
                return MARK if _quotes(node, phrases) else node
            case list():
                return [cut(each) for each in node]
            case dict():
                return {key: cut(value) for key, value in node.items()}
            case _:
                return node

    return json.dumps(cut(json.loads(document)), ensure_ascii=False)
