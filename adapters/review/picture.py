"""Pictures of an advice, for a page that was just shown: its address is signed for one session, so that one reading is one
line of the audit.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote, unquote

from datasette.app import Datasette
from datasette.utils.asgi import NotFound, Request, Response
from itsdangerous import BadSignature

from adapters.review.web import NONE_SUCH, Params, desk_of, link, params_of, viewer_of
from bot.chart import NoPicture, Theme, Which, draw
from bot.handout import advice_of
from bot.library import Library

NOT_DRAWN = "This picture could not be drawn; the table beside it holds the same figures."


def addresses(datasette: Datasette, request: Request, id: str) -> Callable[[int, Which, Theme], str]:
    """The address of each picture of a conversation, by event, picture and theme."""

    def address(event: int, which: Which, theme: Theme) -> str:
        seen = datasette.sign(_seen(request, id, str(event)), "picture")
        return link(
            f"/advisory/{quote(id, safe='')}/picture.png", {"event": str(event), "which": which, "theme": theme, "seen": seen}
        )

    return address


async def drawn(datasette: Datasette, request: Request) -> Response:
    """A picture as PNG."""
    viewer, id, asked = viewer_of(request), unquote(request.url_vars["id"]), params_of(request)
    if not _was_shown(datasette, request, id, asked):
        raise NotFound(NONE_SUCH)
    which: Which = "money" if asked.get("which") == "money" else "options"
    theme: Theme = "dark" if asked.get("theme") == "dark" else "light"

    def draw_it(library: Library) -> bytes | None:
        summary = library.archive.summary(viewer, id)
        given = library.archive.given(id, int(asked["event"])) if summary is not None else None
        advice = advice_of(given) if given is not None else None
        if summary is None or given is None or advice is None:
            return None
        try:
            return draw(advice, library.worded(given.knowledge), summary.language, which, theme).png
        except (NoPicture, KeyError, ValueError):
            return None

    png = await desk_of(datasette).run(draw_it)
    if png is None:
        raise NotFound(NOT_DRAWN)
    return Response(png, content_type="image/png")


def _seen(request: Request, id: str, event: str) -> list[str]:
    return [str(request.scope["review_session"]), id, event]


def _was_shown(datasette: Datasette, request: Request, id: str, asked: Params) -> bool:
    try:
        return bool(datasette.unsign(asked.get("seen", ""), "picture") == _seen(request, id, asked.get("event", "")))
    except BadSignature:
        return False
