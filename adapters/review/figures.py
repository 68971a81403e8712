"""Statistics as charts with the same numbers in a table beside each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from datasette.app import Datasette
from datasette.utils.asgi import Request, Response

from adapters.review.listing import CHOICES, filter_of
from adapters.review.web import desk_of, page, params_of, viewer_of
from bot.statistics import Statistics, statistics


@dataclass(frozen=True)
class Bar:
    """One bar: `share` of the longest bar and `part` of the whole, in per cent; no `part` where the whole says nothing."""

    id: str
    count: int
    share: float
    part: float | None = None


@dataclass(frozen=True)
class Chart:
    """Bars that count one thing; the template has the words for chart and bars."""

    id: str
    bars: tuple[Bar, ...]


def charts(found: Statistics, order: Iterable[str]) -> list[Chart]:
    """The charts of the page, those without a bar left out. `order` is that of the questions."""
    place = {id: number for number, id in enumerate(order)}
    questions = sorted(found.questions, key=lambda each: place.get(each.question, len(place)))
    made = [
        _chart("status", found.by_status, found.conversations),
        _chart("verdict", found.by_verdict, found.advised),
        _chart("advised", found.by_recommended, found.advised),
        _chart("kind", found.by_kind, found.conversations),
        _chart("platform", found.by_platform, found.conversations),
        _chart("reviews", found.reviews, sum(found.reviews.values())),
        _chart("unknown", {each.question: each.dont_know for each in questions}),
        _chart("stopped", {each.question: each.stopped for each in questions}),
    ]
    return [each for each in made if each.bars]


def _chart(id: str, counts: Mapping[str, int], whole: int = 0) -> Chart:
    kept = {name: count for name, count in counts.items() if count}
    most = max(kept.values(), default=1)
    bars = (Bar(name, count, 100 * count / most, 100 * count / whole if whole else None) for name, count in kept.items())
    return Chart(id, tuple(bars))


async def shown(datasette: Datasette, request: Request) -> Response:
    """Counts over what the viewer may see, narrowed by the same filters as the list."""
    desk, viewer, params = desk_of(datasette), viewer_of(request), params_of(request)
    wanted, wrong = filter_of(params)
    params = {name: value for name, value in params.items() if name not in ("q", "after")}
    found = await desk.run(lambda library: statistics(library.archive, viewer, wanted))
    made = charts(found, desk.today.questions)
    return await page(datasette, request, "statistics", found=found, charts=made, params=params, wrong=wrong, choices=CHOICES)
