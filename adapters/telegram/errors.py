"""What an error of the Bot API means for a message: surely not sent, nobody knows, never, or nobody there. Pure.

Order matters: `BadRequest` and `TimedOut` are subclasses of `NetworkError`.
"""

from __future__ import annotations

from datetime import timedelta

import aiohttp
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError

from bot.gateway import NotSent, PlaceClosed, Unknown, Unsendable
from bot.logs import redact

NOT_ACCEPTED = "Telegram does not accept the bot token; check TELEGRAM_BOT_TOKEN and TELEGRAM_API_URL"
SECONDS_FOR_OPERATORS = 60.0
_NEVER_LEFT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)
_CLOSED = (
    "chat not found", "user not found", "peer_id_invalid", "chat_write_forbidden", "have no rights to send", "not enough rights",
    "chat_admin_required", "message thread not found", "topic_closed", "topic_deleted", "group chat was deactivated",
)  # fmt: skip


class Unchanged(Exception):
    """An edit that changes nothing, or of a message that is gone: as good as done."""


class MarkupRefused(Unsendable):
    """The server could not read the formatting; the words may still be sent."""


def meaning(error: TelegramError) -> Exception:
    """The exception of the sender that an error of the server stands for."""
    why = redact(error.message)
    match error:
        case RetryAfter():
            after = error.retry_after
            seconds = after.total_seconds() if isinstance(after, timedelta) else float(after)
            return NotSent("too many messages", seconds, blameless=True)
        case Forbidden():
            return PlaceClosed(why)
        case BadRequest():
            return _refused(why)
        case InvalidToken():
            return NotSent(NOT_ACCEPTED, SECONDS_FOR_OPERATORS, blameless=True)
        case NetworkError() if isinstance(error.__cause__, _NEVER_LEFT):
            return NotSent(f"no connection: {why}", blameless=True)
        case NetworkError() if isinstance(error.__cause__, aiohttp.ClientError | TimeoutError):
            return Unknown(why)
        case NetworkError() | Conflict():
            return NotSent(f"the server failed: {why}", blameless=True)
        case _:
            return Unknown(why)


def _refused(why: str) -> Exception:
    said = why.lower()
    if "message is not modified" in said or "message to edit not found" in said or "message can't be edited" in said:
        return Unchanged(why)
    if "can't parse entities" in said:
        return MarkupRefused(why)
    if any(mark in said for mark in _CLOSED):
        return PlaceClosed(why)
    return Unsendable(why)
