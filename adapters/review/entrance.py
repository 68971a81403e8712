"""Signing in by a one-time link or with a password, and signing out."""

from __future__ import annotations

import re

from datasette.app import Datasette
from datasette.utils.asgi import NotFound, Request, Response

from adapters.review.gate import COOKIE
from adapters.review.passwords import MOST_LETTERS
from adapters.review.web import desk_of, form_of, go, page

_HERE = re.compile(r"/(?![/\\])[^\s\\]*")


async def sign_in(datasette: Datasette, request: Request) -> Response:
    """A link's token signs in at once, a name and password after the form was sent."""
    desk = desk_of(datasette)
    if request.method == "GET" and (token := request.args.get("token")):
        session = desk.sessions.redeem(token)
        return _entered(datasette, request, session, "/") if session else await _form(datasette, request, "used", 403)
    if request.method != "POST":
        return await _form(datasette, request, "", 200)
    filled = await form_of(request)
    person, password, onward = filled.get("person", "").strip(), filled.get("password", ""), _here(filled.get("next", ""))
    if not desk.passwords:
        return await _form(datasette, request, "link", 403, onward)
    address = str((request.scope.get("client") or ("unknown",))[0])
    if wait := desk.tries.wait(address):
        return await _form(datasette, request, "wait", 429, onward, person, wait)
    session = await desk.sign_in(person, password) if len(password) <= MOST_LETTERS else None
    if session is None:
        return await _form(datasette, request, "wrong", 403, onward, person)
    desk.tries.right(address)
    return _entered(datasette, request, session, onward)


async def sign_out(datasette: Datasette, request: Request) -> Response:
    """The session ends; its cookie is worth nothing from now on."""
    if request.method != "POST":
        raise NotFound("This address takes a filled form.")
    desk_of(datasette).sessions.end(str(request.scope["review_session"]))
    response = go("/sign-in")
    response.set_cookie(COOKIE, "", max_age=0, httponly=True, samesite="strict")
    return response


def _here(path: str) -> str:
    """An address of ours to go on to, else the first page."""
    return path if _HERE.fullmatch(path) else "/"


async def _form(
    datasette: Datasette, request: Request, why: str, status: int, onward: str = "", person: str = "", wait: int = 0
) -> Response:
    onward = onward or _here(request.args.get("next") or "")
    with_password = bool(desk_of(datasette).passwords)
    return await page(
        datasette, request, "sign_in", status, why=why, onward=onward, person=person, wait=wait, with_password=with_password
    )


def _entered(datasette: Datasette, request: Request, session: str, onward: str) -> Response:
    response = go(onward)
    secure = request.scheme == "https"
    response.set_cookie(COOKIE, datasette.sign(session, "session"), httponly=True, samesite="strict", secure=secure)
    return response
