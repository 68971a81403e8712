"""Our Datasette plugin: the pages, who may see Datasette's own, and what its connections may read."""

from __future__ import annotations

import sqlite3
from typing import Any
from urllib.parse import quote

import structlog
from datasette import hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Base400, NotFound, Request, Response
from datasette.views.base import DatasetteError
from markupsafe import Markup

from adapters.review import advisory, deeds, entrance, figures, listing, picture, tables
from adapters.review.desk import ANY
from adapters.review.web import DESKS, told, viewer_of
from bot.markup import clean
from bot.store_errors import StoreError

log = structlog.get_logger()

FAILED = "This page could not be made. Nothing was changed; the log of the server says why."
_ID = r"/advisory/(?P<id>[^/]+)"
ROUTES = [
    (r"/$", listing.listed),
    (r"/next$", listing.next_unreviewed),
    (r"/statistics$", figures.shown),
    (r"/sign-in$", entrance.sign_in),
    (r"/sign-out$", entrance.sign_out),
    (rf"{_ID}$", advisory.shown),
    (rf"{_ID}/replay$", advisory.replayed),
    (rf"{_ID}/export\.(?P<form>[a-z]+)$", advisory.exported),
    (rf"{_ID}/review$", deeds.reviewed),
    (rf"{_ID}/outcome$", deeds.chosen),
    (rf"{_ID}/memo\.html$", advisory.memo),
    (rf"{_ID}/picture\.png$", picture.drawn),
    (rf"{_ID}/strike$", deeds.struck),
    (rf"{_ID}/delete$", deeds.deleted),
]


@hookimpl
def register_routes(datasette: Datasette) -> list[tuple[str, Any]]:
    """Our pages come before Datasette's own."""
    return ROUTES if datasette in DESKS else []


@hookimpl(tryfirst=True)
def permission_allowed(datasette: Datasette, actor: dict[str, object] | None, action: str, resource: object) -> bool | None:
    """Datasette's own pages are for reviewers, and hold only the tables that are safe to show."""
    if datasette not in DESKS:
        return None
    if actor is None or actor.get("reviewer") is not True:
        return False
    match action, resource:
        case "view-instance", _:
            return True
        case (("view-database" | "execute-sql"), "data"):
            return True
        case "view-table", ("data", str(table)):
            return table in tables.SHOWN
        case _:
            return False


@hookimpl
def prepare_connection(conn: sqlite3.Connection, database: str, datasette: Datasette) -> None:
    """SQLite itself refuses what is not to be read."""
    if datasette in DESKS and database == "data":
        tables.guard(conn)


@hookimpl
def extra_template_vars(request: Request | None, datasette: Datasette) -> dict[str, object]:
    """Who is signed in, for the head of every page."""
    signed_in = datasette in DESKS and request is not None and request.actor
    return {"viewer": viewer_of(request) if signed_in else None, "here": request.path if request else ""}


@hookimpl
def render_cell(value: object, column: str, table: str | None, datasette: Datasette) -> Any:
    """Ids of advisories lead to their page, and nothing is shown that cannot be seen."""
    if datasette not in DESKS or not isinstance(value, str):
        return None
    names_one = column == "conversation" or (column == "id" and table == "advisories")
    if not names_one or value == ANY:
        seen = clean(value)
        return seen[: datasette.setting("truncate_cells_html")] if seen != value else None
    return Markup('<a href="/advisory/{}">{}</a>').format(quote(value, safe=""), value)


@hookimpl
def forbidden(datasette: Datasette, request: Request, message: str) -> Any:
    """A page of Datasette's that this viewer may not see."""
    return lambda: _told(datasette, request, "This is not for you to see", message, 403) if datasette in DESKS else None


@hookimpl
def handle_exception(datasette: Datasette, request: Request, exception: Exception) -> Any:
    """What went wrong, in words for people; the rest is in the log. Datasette's own would print what people wrote."""
    if datasette not in DESKS:
        return None
    match exception:
        case StoreError():
            title, text, status = "The database said no", str(exception), 503
        case NotFound():
            title, text, status = "There is no such page", str(exception), 404
        case Base400():
            title, text, status = "This could not be understood", str(exception), exception.status
        case DatasetteError():
            text = Markup(exception.message) if exception.message_is_html else exception.message  # noqa: S704  Datasette's own
            title, status = exception.title or "This did not work", exception.status
        case _:
            log.error("a review page failed", path=request.path.split("/")[1], exc_info=exception)
            title, text, status = "Something went wrong", FAILED, 500
    return lambda: _told(datasette, request, title, text, status)


async def _told(datasette: Datasette, request: Request, title: str, text: str, status: int) -> Response:
    if request.path.endswith(".json"):
        return Response.json({"ok": False, "error": text, "status": status, "title": title}, status=status)
    return await told(datasette, request, title, text, status)
