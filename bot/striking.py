"""Striking out: words taken out of one conversation wherever they are kept, a mark in their place. Part of the SQLite store.

Rules: typed values, ids, times and figures stay, so that replay still holds; words are found whatever escaping and spacing did
to them; raw deliveries are blanked. The words leave every table at once; what SQLite keeps of them in the index and in free
pages goes with the next scrubbing, for which the receipt waits.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence

from bot.deliveries import blank_at
from bot.events import EVENT, Answered, Heard, Proposed
from bot.guard import MARK, secrets
from bot.receipts import Receipt, file_receipt
from bot.wordings import reword
from knowledge.model import PrivateWords

_WORDS = {
    "events": ("number", "event", frozenset({"said", "value", "about", "hint", "candidates"})),
    "outbox": ("number", "body", frozenset({"markdown"})),
    "advice": ("event_number", "advice", None),
}
"""Tables of JSON: row key, column, and the fields that hold what people said; None for all."""
_PLAIN = {"answers": ("value", "said"), "reviews": ("note",), "outcomes": ("happened",)}


def strike_private(
    connection: sqlite3.Connection, conversation: str, events: Iterable[int], words: PrivateWords, now: int
) -> None:
    """Strike the private data that these events hold out of the whole conversation."""
    private: set[str] = set()
    for number in events:
        row = connection.execute(
            "SELECT event FROM events WHERE conversation = ? AND number = ?", (conversation, number)
        ).fetchone()
        for text in _said(row[0]) if row else ():
            private |= set(secrets(text, words))
    strike(connection, conversation, sorted(private), now)


def _said(stored: str) -> list[str]:
    event = EVENT.validate_json(stored)
    if not isinstance(event, Heard):
        return []
    filled = [act.answer.value for act in event.acts if isinstance(act, Answered)]
    return [event.said, *(value for value in filled if isinstance(value, str))]


def strike(connection: sqlite3.Connection, conversation: str, spans: Sequence[str], now: int) -> Receipt:
    """Put a mark in place of these words, inside a transaction. The receipt, filed if there are any, counts rows by table."""
    receipt = Receipt("strike", now)
    if not spans:
        return receipt
    pattern = _pattern(spans)
    pattern = _pattern([*spans, *_cut_short(connection, conversation, pattern)])
    counts: Counter[str] = Counter()
    for table, (key, column, fields) in _WORDS.items():
        rows = connection.execute(f"SELECT {key}, {column} FROM {table} WHERE conversation = ?", (conversation,))  # noqa: S608  constants
        for number, document in rows.fetchall():
            struck = _struck_json(document, fields, pattern)
            if struck is not None:
                connection.execute(
                    f"UPDATE {table} SET {column} = ? WHERE conversation = ? AND {key} = ?",  # noqa: S608  constants
                    (struck, conversation, number),
                )
                counts[table] += 1
    said = connection.execute("SELECT id, text FROM transcript WHERE conversation = ?", (conversation,))
    for line, text in said.fetchall():
        if (words := _struck(text, pattern)) != text:
            reword(connection, line, words)
            counts["lines"] += 1
    for table, columns in _PLAIN.items():
        for column in columns:
            texts = connection.execute(
                f"SELECT DISTINCT {column} FROM {table} WHERE conversation = ? AND {column} IS NOT NULL",  # noqa: S608  constants
                (conversation,),
            )
            for (text,) in texts.fetchall():
                struck = _struck(text, pattern)
                if struck != text:
                    counts[table] += connection.execute(
                        f"UPDATE {table} SET {column} = ? WHERE conversation = ? AND {column} = ?",  # noqa: S608  constants
                        (struck, conversation, text),
                    ).rowcount
    place, process = connection.execute("SELECT place, process FROM conversations WHERE id = ?", (conversation,)).fetchone()
    if process is not None and _struck(process, pattern) != process:
        connection.execute("UPDATE conversations SET process = ? WHERE id = ?", (_struck(process, pattern), conversation))
        counts["conversations"] += 1
    if counts:
        counts["inbox"] += blank_at(connection, [place], now)
        receipt.erased = dict(+counts)
        file_receipt(connection, receipt)
    return receipt


def _cut_short(connection: sqlite3.Connection, conversation: str, pattern: re.Pattern[str]) -> set[str]:
    """What was quoted of these words without the whole of them: "photos for Zebrafish", where Zebrafish Limited is to go."""
    parts: set[str] = set()
    for (stored,) in connection.execute("SELECT event FROM events WHERE conversation = ?", (conversation,)):
        event = EVENT.validate_json(stored)
        if not isinstance(event, Heard):
            continue
        words = [match.span() for match in pattern.finditer(event.said)]
        for quoted in _quotations(event) if words else ():
            start = event.said.find(quoted)
            if start < 0:  # quoted from an earlier message
                continue
            for first, last in words:
                part = event.said[max(first, start) : min(last, start + len(quoted))]
                if part and any(each.isalnum() for each in part):
                    parts.add(part)
    return parts


def _quotations(event: Heard) -> list[str]:
    """The parts of a message that were shown again."""
    proposals = [act for act in event.acts if isinstance(act, Proposed)]
    return [
        *(fact.said for act in proposals for fact in act.facts),
        *(doubt.said for act in proposals for doubt in act.doubts),
    ]


def _pattern(spans: Sequence[str]) -> re.Pattern[str]:
    """The words as they may stand in a text, in Markdown or in JSON inside it."""
    longest_first = sorted(spans, key=lambda span: (-len(span), span))
    return re.compile("|".join("".join(map(_character, " ".join(span.split()))) for span in longest_first))


def _character(character: str) -> str:
    return r"\s+" if character == " " else rf"\\*{re.escape(character)}"


def _struck(text: str, pattern: re.Pattern[str]) -> str:
    return pattern.sub(lambda _: MARK, text)


def _struck_json(document: str, fields: frozenset[str] | None, pattern: re.Pattern[str]) -> str | None:
    """The document with the words struck out of these fields; None if they are not in it."""

    def cut(node: object, inside: bool) -> object:
        match node:
            case str():
                return _struck(node, pattern) if inside else node
            case list():
                return [cut(each, inside) for each in node]
            case dict():
                return {key: cut(value, inside or fields is None or key in fields) for key, value in node.items()}
            case _:
                return node

    before = json.loads(document)
    after = cut(before, False)
    return json.dumps(after, ensure_ascii=False) if after != before else None
