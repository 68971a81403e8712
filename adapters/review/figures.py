"""Statistics as charts with the same numbers in a table beside each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from datasette.app import Datasette
from datasette.utils.asgi import Request, Response

from adapters.review.listing import CHOICES, filter_of
from adapters.review.web import desk_of, page, params_of, viewer_of
from adapters.review.wording import Wording
from bot.statistics import QuestionCount, Statistics, statistics


@dataclass(frozen=True)
class Bar:
    """One bar: `share` of the longest bar and `part` of the whole, in per cent; no `part` where the whole says nothing."""

    label: str
    count: int
    share: float
    part: float | None = None


@dataclass(frozen=True)
class Chart:
    """A titled set of bars; `about` says what is counted."""

    id: str
    title: str
    about: str
    unit: str
    bars: tuple[Bar, ...]


def charts(found: Statistics, words: Wording) -> list[Chart]:
    """The charts of the page; those with nothing to show are left out."""

    def plain(id: str) -> str:
        return id.replace("_", " ").capitalize()

    order = {id: place for place, id in enumerate(words.base.questions)}
    questions = sorted(found.questions, key=lambda each: order.get(each.question, len(order)))

    def of_questions(count: Callable[[QuestionCount], int]) -> list[tuple[str, int]]:
        return [(words.question(each.question).capitalize(), count(each)) for each in questions]

    made = [
        _chart("status", "How far they came", "advisories by status", _named(found.by_status, plain), found.conversations),
        _chart("verdict", "How sure the advice was", "advices by verdict", _named(found.by_verdict, plain), found.advised),
        _chart("advised", "What was advised", "advices by option", _named(found.by_recommended, words.option), found.advised),
        _chart("kind", "Kinds of work", "advisories by kind of work", _named(found.by_kind, words.kind), found.conversations),
        _chart("platform", "Where people wrote", "advisories by platform", _named(found.by_platform, plain), found.conversations),
        _chart(
            "reviews", "What reviewers said", "reviews by verdict", _named(found.reviews, plain), sum(found.reviews.values())
        ),
        _chart("unknown", "Where people do not know", "“don't know” by question", of_questions(lambda each: each.dont_know)),
        _chart(
            "stopped", "Where people stop", "unfinished advisories by the question asked last",
            of_questions(lambda each: each.stopped),
        ),
    ]  # fmt: skip
    return [each for each in made if each.bars]


def _named(counts: dict[str, int], name: Callable[[str], str]) -> list[tuple[str, int]]:
    return [(name(id), count) for id, count in counts.items()]


def _chart(id: str, title: str, about: str, counts: Iterable[tuple[str, int]], whole: int = 0) -> Chart:
    kept = [(label, count) for label, count in counts if count]
    most = max((count for _, count in kept), default=1)
    bars = (Bar(label, count, 100 * count / most, 100 * count / whole if whole else None) for label, count in kept)
    return Chart(id, title, about, about.partition(" by ")[0], tuple(bars))


async def shown(datasette: Datasette, request: Request) -> Response:
    """Counts over what the viewer may see, narrowed by the same filters as the list."""
    desk, viewer, params = desk_of(datasette), viewer_of(request), params_of(request)
    wanted, wrong = filter_of(params)
    params = {name: value for name, value in params.items() if name not in ("q", "after")}
    found = await desk.run(lambda library: statistics(library.archive, viewer, wanted))
    made = charts(found, Wording(desk.today))
    return await page(datasette, request, "statistics", found=found, charts=made, params=params, wrong=wrong, choices=CHOICES)
