"""Which conversations a list holds: what a viewer may see of what is wanted, newest first, at the same speed for every filter.

Rules: a viewer who is no reviewer is served from the conversations that they started or have an event in, and nothing else is
looked at. A reviewer's filters choose among `facets`, the combinations of values that there are; each is a run of the index
`conversations_facet`, and a page is merged from the runs with the newest heads.
"""

from __future__ import annotations

import heapq
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import fields
from itertools import islice
from typing import NamedTuple

from bot.past import Filter, Summary, Viewer

Bound = dict[str, str | int | None]
Place = tuple[int, str]
"""Where a page begins: after the conversation of this time and id."""

VISIBLE = "SELECT id FROM conversations WHERE person = :viewer UNION SELECT conversation FROM participants WHERE person = :viewer"
_FACETS = {
    "platform": "{}platform = :platform",
    "kind": "{}kind = :kind",
    "recommended": "{}recommended = :recommended",
    "outcome": "{}chosen = :outcome",
    "verdict": "{}verdict = :verdict",
    "status": "{}status = :status",
    "unknowns": "({}unknowns > 0) = :unknowns",
    "reviewed": "{}reviewed = :reviewed",
    "flagged": "{}flagged = :flagged",
}
_TIMES = {"since": "{}last_at >= :since", "until": "{}last_at < :until"}
_PERSON = {"person": "{}person = :person"}
_COLUMNS = ", ".join(f"c.{each.name}" for each in fields(Summary))
_NEWEST = "ORDER BY c.last_at DESC, c.id DESC LIMIT :limit"


class Scope(NamedTuple):
    """A FROM in which conversations are `c`, its WHERE, and the values of both."""

    source: str
    where: str
    bound: Bound


def scope(viewer: Viewer, wanted: Filter) -> Scope:
    """What a viewer may see of what is wanted."""
    bound: Bound = {each.name: getattr(wanted, each.name) for each in fields(Filter)}
    facets, others = _asked(_FACETS, wanted), _asked(_TIMES | _PERSON, wanted, "c.")
    if not viewer.reviewer:
        source = f"(SELECT id AS seen FROM ({VISIBLE})) CROSS JOIN conversations c ON c.id = seen"  # noqa: S608  constants
        return Scope(source, _all([*others, *_asked(_FACETS, wanted, "c.")]), bound | {"viewer": viewer.person})
    if not facets or wanted.person is not None:
        return Scope("conversations c", _all([*others, *_asked(_FACETS, wanted, "c.")]), bound)
    among = f"c.facet IN (SELECT facet FROM facets WHERE {_all(facets)})"  # noqa: S608  constants
    return Scope("conversations c", _all([*others, among]), bound)


def page(connection: sqlite3.Connection, viewer: Viewer, wanted: Filter, limit: int, after: Place | None) -> list[Summary]:
    """The newest conversations, or the next ones after a place."""
    source, where, bound = scope(viewer, wanted)
    bound |= {"limit": limit}
    goes_on = ""
    if after is not None:
        goes_on = " AND (c.last_at, c.id) < (:after_at, :after_id)"
        bound |= {"after_at": after[0], "after_id": after[1]}
    facets = _asked(_FACETS, wanted, "f.")
    if viewer.reviewer and facets and wanted.person is None:
        return _merged(connection, _all(facets), _all(_asked(_TIMES, wanted, "c.")) + goes_on, bound, limit)
    sql = f"SELECT {_COLUMNS} FROM {source} WHERE {where}{goes_on} {_NEWEST}"  # noqa: S608  constants
    return [Summary(*row) for row in connection.execute(sql, bound)]


def _merged(connection: sqlite3.Connection, facets: str, within: str, bound: Bound, limit: int) -> list[Summary]:
    """The newest of several runs of the index: no more runs can matter than there are lines on the page, but for equal times."""
    head = (
        f"SELECT c.last_at FROM conversations c WHERE c.facet = f.facet AND {within}"  # noqa: S608  constants
        " ORDER BY c.last_at DESC, c.id DESC LIMIT 1"
    )
    found = connection.execute(f"SELECT f.facet, ({head}) FROM facets f WHERE {facets}", bound)  # noqa: S608  constants
    heads = sorted(((at, facet) for facet, at in found if at is not None), reverse=True)
    runs = [_run(connection, within, bound | {"facet": facet}) for at, facet in heads if at >= heads[:limit][-1][0]]
    return list(islice(heapq.merge(*runs, key=lambda each: (each.last_at, each.id), reverse=True), limit))


def _run(connection: sqlite3.Connection, within: str, bound: Bound) -> Iterator[Summary]:
    sql = f"SELECT {_COLUMNS} FROM conversations c WHERE c.facet = :facet AND {within} {_NEWEST}"  # noqa: S608  constants
    return (Summary(*row) for row in connection.execute(sql, bound).fetchall())


def _asked(conditions: Mapping[str, str], wanted: Filter, table: str = "") -> list[str]:
    return [condition.format(table) for name, condition in conditions.items() if getattr(wanted, name) is not None]


def _all(conditions: list[str]) -> str:
    return " AND ".join(conditions) or "1"
