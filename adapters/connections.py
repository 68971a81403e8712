"""Whether Slack and Telegram can be reached and know the token, and whether the health pages have a port: nothing is changed.

No token is ever shown.
"""

from __future__ import annotations

import json
import socket
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Literal

from bot.origins import DEFAULTS, Sources

SECONDS = 5.0


@dataclass(frozen=True)
class Connection:
    """What a platform said; `who` is whom it takes us for, `wrong` what stands in the way."""

    name: str
    who: str | None = None
    wrong: str | None = None


def connection(name: str, found: Sources) -> Connection:
    """Ask a platform who we are."""
    address = (found.get(f"{name.upper()}_API_URL") or DEFAULTS[f"{name.upper()}_API_URL"] or "").rstrip("/")
    token = found.get(f"{name.upper()}_BOT_TOKEN") or ""
    if name == "slack":
        request = urllib.request.Request(  # noqa: S310  the settings take http and https only
            f"{address}/auth.test", data=b"", headers={"Authorization": f"Bearer {token}"}
        )
    else:
        request = urllib.request.Request(f"{address}/bot{token}/getMe")  # noqa: S310  as above
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310  as above
            said = json.load(answer)
    except urllib.error.HTTPError as error:
        refused = name == "telegram" and error.code in (401, 404)  # what its server says to a wrong token
        return Connection(name, wrong=_refusal(name, "unknown token") if refused else f"{name} answers with HTTP {error.code}")
    except (OSError, ValueError) as error:
        why = type(getattr(error, "reason", error)).__name__  # its text may hold the address, and that the token
        return Connection(name, wrong=f"{name} cannot be reached ({why}); check the network and {name.upper()}_API_URL")
    match said:
        case {"ok": True, "user": str(user), "team": str(team)}:
            return Connection(name, who=f"{user} in {team}")
        case {"ok": True, "result": {"username": str(user)}}:
            return Connection(name, who=f"@{user}")
        case {"ok": False, "error": str(why)}:
            return Connection(name, wrong=_refusal(name, why))
        case _:
            return Connection(name, wrong=f"{name} gives an odd answer; is {name.upper()}_API_URL its address?")


def port_of_health(host: str, port: int) -> Literal["free", "ours", "taken"]:
    """Whether the health pages can be served there, are served there already, or something else is."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            return "free"
    except OSError:
        pass
    try:
        name = f"[{host}]" if ":" in host else host
        with urllib.request.urlopen(f"http://{name}:{port}/healthz", timeout=SECONDS) as answer:
            return "ours" if json.load(answer) == {"status": "ok"} else "taken"
    except (OSError, ValueError):
        return "taken"


def _refusal(name: str, why: str) -> str:
    return f"{name.upper()}_BOT_TOKEN: {name} refuses it ({why[:60]}); copy it again"
