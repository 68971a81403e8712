"""What every request passes first: the name it came by, its size and origin, who is signed in, and the headers of every answer.

Rules: a path that is not listed is not there; nothing but the sign-in page and the style sheet is served without a session.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import quote

from adapters.review.desk import Desk
from bot.archive import Viewer

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Unsign = Callable[[str], str | None]

COOKIE = "advisor_session"
MOST_BYTES = 64 * 1024
TABLES = "/data"
_OPEN = re.compile(r"/(sign-in|favicon\.ico|assets/[a-z.]+)")
_MEMBERS = re.compile(r"/(|statistics|next|sign-out|advisory/[^/]+(/[a-z]+){0,2}(\.[a-z]+)?|data(/.*|\.[a-z]+)?)")
_TABLES = re.compile(r"/data([/.].*)?")
HEADERS = (
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"x-robots-tag", b"noindex"),
)
_OURS = {name for name, _ in HEADERS} | {b"cache-control"}


class Gate:
    """ASGI around Datasette. `names` are the host names, without port, that a browser may have come by."""

    def __init__(self, app: App, desk: Desk, names: Iterable[str], unsign: Unsign) -> None:
        self.app, self.desk, self.names, self.unsign = app, desk, frozenset(names), unsign

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1").partition("?")[0]
        guarded = _with_headers(send, lasting=path.startswith("/assets/"))
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        refused = self._refused(scope["method"], path, headers)
        if refused is not None:
            await _say(guarded, *refused)
            return
        if scope["method"] == "POST":
            body = await _body(receive)
            if body is None:
                await _say(guarded, 413, "This is too long: at most 64 KB can be sent. Nothing was stored.")
                return
            receive = _again(body)
        session = _cookie(headers.get("cookie", ""), self.unsign)
        viewer = self.desk.sessions.viewer(session) if session else None
        if viewer is None and not _OPEN.fullmatch(path):
            asked = path + (f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else "")
            where = "/sign-in" if path == "/" or scope["method"] == "POST" else f"/sign-in?next={quote(asked, safe='')}"
            await _say(guarded, 303, "Please sign in.", [(b"location", where.encode())])
            return
        if viewer is not None and viewer.reviewer and _TABLES.fullmatch(path):
            await self.desk.audit_query(viewer)
        actor = _actor(viewer) if viewer else None
        await self.app({**scope, "actor": actor, "review_session": session if viewer else None}, receive, guarded)

    def _refused(self, method: str, path: str, headers: dict[str, str]) -> tuple[int, str] | None:
        """Status and words, where a request goes no further."""
        name = re.sub(r":[0-9]*$", "", headers.get("host", "").lower())
        if name not in self.names:
            return 421, f"This address is not known here. Add it with --name when you start `advisor review`: {_word(name)}"
        if method not in ("GET", "HEAD", "POST"):
            return 405, "Only reading and sending a form is possible here."
        if not (_OPEN.fullmatch(path) or _MEMBERS.fullmatch(path)):
            return 404, "There is no such page."
        if method == "POST" and headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
            return 403, "This form was sent from another site. Nothing was stored."
        return None


def _word(text: str) -> str:
    return re.sub(r"[^a-z0-9.:\[\]-]", "?", text)[:80]


def _actor(viewer: Viewer) -> dict[str, object]:
    return {"id": viewer.person, "reviewer": viewer.reviewer, "name": viewer.name}


def _cookie(header: str, unsign: Unsign) -> str | None:
    try:
        found = SimpleCookie(header).get(COOKIE)
    except CookieError:
        return None
    return unsign(found.value) if found is not None else None


def _with_headers(send: Send, *, lasting: bool) -> Send:
    """Answers with our headers, whatever is inside says; only the style sheet may be kept."""
    kept = b"max-age=3600" if lasting else b"private, no-store"

    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            rest = [(name, value) for name, value in message.get("headers", []) if name.lower() not in _OURS]
            message = {**message, "headers": [*rest, *HEADERS, (b"cache-control", kept)]}
        await send(message)

    return sending


async def _say(send: Send, status: int, text: str, headers: list[tuple[bytes, bytes]] | None = None) -> None:
    told = [(b"content-type", b"text/plain; charset=utf-8"), *(headers or [])]
    await send({"type": "http.response.start", "status": status, "headers": told})
    await send({"type": "http.response.body", "body": text.encode()})


async def _body(receive: Receive) -> bytes | None:
    """The whole body; None if it is too long."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b""
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > MOST_BYTES:
            return None
    return body


def _again(body: bytes) -> Receive:
    parts = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> MutableMapping[str, Any]:
        return parts.pop() if parts else {"type": "http.disconnect"}

    return receive
