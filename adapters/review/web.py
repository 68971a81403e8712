"""What the pages share: whose request it is, the filled form, and a page made of its template."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from weakref import WeakKeyDictionary

from datasette.app import Datasette
from datasette.utils.asgi import NotFound, Request, Response

from adapters.review.desk import Desk
from bot.archive import Viewer

DESKS: WeakKeyDictionary[Datasette, Desk] = WeakKeyDictionary()
"""The desk of each Datasette of ours; our plugin is nothing to any other."""
NONE_SUCH = "There is no such advisory, or none that you may read."
Params = dict[str, str]


def desk_of(datasette: Datasette) -> Desk:
    """The desk behind a page. Raises NotFound where Datasette was not started by us."""
    desk = DESKS.get(datasette)
    if desk is None:
        raise NotFound("There is no such page.")
    return desk


def viewer_of(request: Request) -> Viewer:
    """Who looks; the gate has made sure that somebody is signed in."""
    actor = request.actor
    return Viewer(str(actor["id"]), actor["reviewer"] is True, str(actor["name"]))


def params_of(request: Request) -> Params:
    """The query of the address, the first of each name, blanks left out."""
    return {name: value for name in request.args if (value := request.args.get(name).strip())}


async def form_of(request: Request) -> Params:
    """What was filled in."""
    return {str(name): str(value) for name, value in (await request.post_vars()).items()}


def link(path: str, params: Params, **changes: str | None) -> str:
    """An address with a query; a change to None leaves the name out."""
    kept = {name: value for name, value in {**params, **changes}.items() if value}
    return f"{path}?{urlencode(kept)}" if kept else path


async def page(datasette: Datasette, request: Request, template: str, status: int = 200, **context: Any) -> Response:
    """A template as an answer."""
    html = await datasette.render_template(f"{template}.html", context, request=request)
    return Response.html(html, status=status)


async def told(datasette: Datasette, request: Request, title: str, text: str, status: int) -> Response:
    """A page that says what happened, what is kept and what to do."""
    return await page(datasette, request, "message", status, title=title, text=text)


def go(path: str) -> Response:
    """On to another page after a form: reloading it sends nothing twice."""
    return Response("", status=303, headers={"location": path})
