"""The list of past advisories with its filters and search, and the way to the next one nobody has reviewed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from datasette.app import Datasette
from datasette.utils.asgi import Request, Response

from adapters.review.web import Params, desk_of, go, link, page, params_of, told, viewer_of
from bot.archive import Filter, Summary, Viewer
from bot.library import Library
from bot.review import NO_OPTION
from bot.search import Hit, search

PAGE, COUNTED, FOUND = 20, 1000, 50
DAY = 86_400_000
CHOICES: dict[str, tuple[str, ...]] = {
    "platform": ("console", "slack", "telegram"),
    "verdict": ("clear", "likely", "close", "abstain"),
    "status": ("open", "paused", "cancelled", "advised"),
    "unknowns": ("yes", "no"),
    "reviewed": ("yes", "no"),
    "flagged": ("yes", "no"),
}
_YES_NO = ("unknowns", "reviewed", "flagged")


@dataclass(frozen=True)
class Row:
    """One advisory of the list, and the words found in it where words were searched for."""

    summary: Summary
    hit: Hit | None = None


def filter_of(params: Params) -> tuple[Filter, list[str]]:
    """What an address asks for; names of what could not be used, which then narrows nothing."""
    wrong = [name for name, allowed in CHOICES.items() if name in params and params[name] not in allowed]
    good = {name: value for name, value in params.items() if name not in wrong}
    since, until = _day(good.get("since")), _day(good.get("until"))
    wrong += [name for name, day in (("since", since), ("until", until)) if name in good and day is None]
    said = {name: good[name] == "yes" for name in _YES_NO if name in good}
    return (
        Filter(
            platform=good.get("platform"),
            person=good.get("person"),
            since=since,
            until=until + DAY if until is not None else None,
            kind=good.get("kind"),
            recommended=good.get("recommended"),
            outcome=good.get("outcome"),
            verdict=good.get("verdict"),
            status=good.get("status"),
            unknowns=said.get("unknowns"),
            reviewed=said.get("reviewed"),
            flagged=said.get("flagged"),
        ),
        wrong,
    )


def _day(text: str | None) -> int | None:
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return (day - date(1970, 1, 1)).days * DAY


async def listed(datasette: Datasette, request: Request) -> Response:
    """A page of the list, or what was found."""
    desk, viewer, params = desk_of(datasette), viewer_of(request), params_of(request)
    wanted, wrong = filter_of(params)
    words, after = params.pop("q", ""), params.pop("after", None)

    def read(library: Library) -> tuple[list[Row], int, str | None]:
        if words:
            return _found(library, viewer, words, wanted)
        rows = library.archive.page(viewer, wanted, PAGE + 1, after)
        more = rows[PAGE - 1].cursor if len(rows) > PAGE else None
        return [Row(each) for each in rows[:PAGE]], library.archive.count(viewer, wanted, COUNTED + 1), more

    try:
        rows, count, more = await desk.run(read)
    except ValueError:
        return await told(datasette, request, "No such page of the list", "Start again at the newest advisories.", 400)
    return await page(
        datasette, request, "list", rows=rows, count=count, counted=COUNTED, more=more, after=after, params=params, q=words,
        wrong=wrong, choices=CHOICES, no_option=NO_OPTION, narrowed=wanted != Filter(),
    )  # fmt: skip


def _found(library: Library, viewer: Viewer, words: str, wanted: Filter) -> tuple[list[Row], int, None]:
    hits = search(library.archive, viewer, words, FOUND, wanted=wanted)
    rows = [Row(summary, hit) for hit in hits if (summary := library.archive.summary(viewer, hit.conversation)) is not None]
    return rows, len(rows), None


async def next_unreviewed(datasette: Datasette, request: Request) -> Response:
    """On to the next advice nobody has reviewed: below `after` in the list that the filters make, else from its top."""
    desk, viewer, params = desk_of(datasette), viewer_of(request), params_of(request)
    wanted = replace(filter_of(params)[0], reviewed=False)
    wanted = wanted if wanted.status else replace(wanted, status="advised")
    after, _ = params.pop("after", None), params.pop("q", None)

    def read(library: Library) -> Summary | None:
        below = library.archive.page(viewer, wanted, 1, after) if after else []
        here = (after or "").partition(".")[2]
        found = below or [each for each in library.archive.page(viewer, wanted, 2) if each.id != here]
        return found[0] if found else None

    try:
        found = await desk.run(read)
    except ValueError:
        found = None
    if found is None:
        return await page(datasette, request, "done", params=params)
    return go(link(f"/advisory/{found.id}", params))
