"""What an error while sending to Slack means: surely not sent, nobody knows, never, or nobody there. Pure."""

from __future__ import annotations

import aiohttp
from slack_sdk.errors import SlackApiError, SlackRequestError

from bot.gateway import NotSent, PlaceClosed, Unknown, Unsendable
from bot.logs import redact

CLOSED = frozenset(
    {
        "cannot_dm_bot", "channel_is_archived", "channel_not_found", "is_archived", "messages_tab_disabled",
        "not_in_channel", "team_access_not_granted", "team_not_found", "user_disabled",
        "user_not_found", "user_not_in_channel", "cannot_reply_to_message", "thread_not_found", "restricted_action",
    }
)  # fmt: skip
FOR_OPERATORS = frozenset(
    {
        "account_inactive", "ekm_access_denied", "invalid_auth", "missing_scope", "not_allowed_token_type", "not_authed",
        "org_login_required", "token_expired", "token_revoked",
    }
)  # fmt: skip
"""It is us that Slack refuses, whatever we send: what waits is kept and tried again."""
AMBIGUOUS = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable"})
SECONDS_FOR_OPERATORS = 300.0


class Refused(NotSent):
    """Slack refuses us, not this message."""

    def __init__(self, code: str) -> None:
        super().__init__(
            f"Slack refuses us: {code}; check SLACK_BOT_TOKEN and the scopes of manifest.yaml",
            SECONDS_FOR_OPERATORS,
            blameless=True,
        )


def meaning(error: Exception) -> Exception:
    """The exception of the sender that an error of the client stands for."""
    match error:
        case SlackApiError():
            return _answered(error)
        case SlackRequestError():  # the bytes of a file were refused, so that it was not shared
            return NotSent("the file was not taken")
        case aiohttp.ClientConnectorError():
            return NotSent(f"no connection: {redact(str(error))}", blameless=True)
        case TimeoutError() | aiohttp.ClientError() | OSError():
            return Unknown(f"{type(error).__name__}: {redact(str(error))}")
        case _:
            return Unsendable(f"{type(error).__name__}: {redact(str(error))}")


def _answered(error: SlackApiError) -> Exception:
    status, code = getattr(error.response, "status_code", getattr(error.response, "status", 200)), reason(error)
    if status == 429 or code in ("ratelimited", "rate_limited"):
        return NotSent("too many messages", retry_after(error), blameless=True)
    if code in CLOSED:
        return PlaceClosed(code)
    if code in FOR_OPERATORS:
        return Refused(code)
    if status >= 500 or code in AMBIGUOUS or not code:
        return Unknown(f"the server failed: {status} {code}", blameless=True)
    return Unsendable(code)


def reason(error: SlackApiError) -> str:
    """Slack's code for an error; empty if the answer was none of Slack's."""
    try:
        found = error.response.get("error")
    except (AttributeError, TypeError, ValueError):
        return ""
    return found if isinstance(found, str) else ""


def retry_after(error: SlackApiError) -> float:
    """Seconds to wait; one second if Slack did not say."""
    headers = getattr(error.response, "headers", {})
    said = next((str(value) for name, value in headers.items() if name.lower() == "retry-after"), "1")
    return float(said) if said.isascii() and said.isdigit() else 1.0
