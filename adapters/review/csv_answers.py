"""Datasette's CSV with cells that no spreadsheet runs, as in every other export of ours."""

from __future__ import annotations

import csv
import io
from collections.abc import MutableMapping
from typing import Any

from adapters.review.gate import TABLES, App, Receive, Scope, Send
from bot.export import defused, written_rows

csv.field_size_limit(64 * 1024 * 1024)


class Defused:
    """ASGI around Datasette: an answer of CSV is held until it is whole, then written anew."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let everything else through as it comes."""
        if scope["type"] != "http" or not str(scope["path"]).startswith(TABLES):
            await self.app(scope, receive, send)
            return
        start: MutableMapping[str, Any] | None = None
        body = b""

        async def sending(message: MutableMapping[str, Any]) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start" and _is_csv(message):
                start = message
            elif start is None:
                await send(message)
            else:
                body += message.get("body", b"")
                if not message.get("more_body", False):
                    await send(start)
                    await send({"type": "http.response.body", "body": _written_anew(body)})

        await self.app(scope, receive, sending)


def _is_csv(message: MutableMapping[str, Any]) -> bool:
    kinds = [bytes(value) for name, value in message.get("headers", []) if bytes(name).lower() == b"content-type"]
    return any(kind.startswith((b"text/csv", b"text/plain")) for kind in kinds) and message["status"] == 200


def _written_anew(body: bytes) -> bytes:
    rows = csv.reader(io.StringIO(body.decode("utf-8", "replace"), newline=""))
    return written_rows(tuple(defused(cell) for cell in row) for row in rows).encode()
