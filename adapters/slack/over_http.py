"""Signed HTTP: size, signature, then form; whatever is odd is 401 and nothing else. Verified before anything is read."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier

log = structlog.get_logger()

LARGEST_BODY = 1_000_000


def web_app(app: AsyncApp, secret: str, path: str) -> web.Application:
    """The routes Slack posts to."""
    verifier = SignatureVerifier(secret)

    async def posted(request: web.Request) -> web.Response:
        try:
            body = (await request.read()).decode()
        except (web.HTTPRequestEntityTooLarge, UnicodeDecodeError):
            return _refused()
        timestamp = request.headers.get("x-slack-request-timestamp", "")
        signature = request.headers.get("x-slack-signature", "")
        well_formed = timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 16 and signature.isascii()
        if not well_formed or not verifier.is_valid(body, timestamp, signature):
            return _refused()
        try:
            headers: dict[str, str | Sequence[str]] = dict(request.headers.items())
            wanted = AsyncBoltRequest(body=body, query=request.query_string, headers=headers)
            odd = not isinstance(wanted.body, dict)
        except (ValueError, TypeError, AttributeError, KeyError):
            odd = True
        if odd:
            return _refused()
        return await to_aiohttp_response(await app.async_dispatch(wanted))

    served = web.Application(client_max_size=LARGEST_BODY)
    served.add_routes([web.post(path, posted)])
    return served


def _refused() -> web.Response:
    return web.json_response({"error": "invalid request"}, status=401)
