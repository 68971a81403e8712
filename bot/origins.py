"""Where each setting comes from, what a platform still lacks, and which names are misspelt. Secrets are only set or not set."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from dotenv import dotenv_values

from bot.logs import redact
from bot.settings import Settings, SettingsError, is_secret, load_settings

DEFAULTS: Mapping[str, str | None] = {
    "ADVISOR_REVIEW_HOST": "127.0.0.1",
    "ADVISOR_REVIEW_PORT": "8484",
    "ADVISOR_REVIEW_PASSWORD_HASH": None,
    "SLACK_BOT_TOKEN": None,
    "SLACK_APP_TOKEN": None,
    "SLACK_SIGNING_SECRET": None,
    "SLACK_MODE": "socket",
    "SLACK_API_URL": "https://slack.com/api/",
    "SLACK_HTTP_HOST": "127.0.0.1",
    "SLACK_HTTP_PORT": "3000",
    "SLACK_HTTP_PATH": "/slack/events",
    "TELEGRAM_BOT_TOKEN": None,
    "TELEGRAM_MODE": "polling",
    "TELEGRAM_API_URL": "https://api.telegram.org",
    "TELEGRAM_FILE_URL": None,
    "TELEGRAM_WEBHOOK_URL": None,
    "TELEGRAM_LISTEN_HOST": "127.0.0.1",
    "TELEGRAM_LISTEN_PORT": "8443",
    "TELEGRAM_LISTEN_PATH": "/telegram",
    "TELEGRAM_WEBHOOK_SECRET": None,
}
"""Settings that are not among `Settings`; None where the surface decides itself."""

NEEDS: Mapping[str, tuple[str, Mapping[str, tuple[str, ...]]]] = {
    "slack": (
        "SLACK_MODE",
        {"socket": ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"), "http": ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET")},
    ),
    "telegram": (
        "TELEGRAM_MODE",
        {
            "polling": ("TELEGRAM_BOT_TOKEN",),
            "webhook": ("TELEGRAM_BOT_TOKEN", "TELEGRAM_WEBHOOK_URL", "TELEGRAM_WEBHOOK_SECRET"),
        },
    ),
}
HIDDEN = ("TELEGRAM_LISTEN_PATH",)
"""Not a secret by name, but an address that should stay unguessed."""


@dataclass(frozen=True)
class Origin:
    """One setting: what is shown of it, and where it comes from."""

    name: str
    shown: str | None
    origin: Literal["environment", ".env", "default"]


@dataclass(frozen=True)
class Platform:
    """Whether a platform can be served. `missing` names what it lacks."""

    name: str
    state: Literal["ready", "not configured", "incomplete"]
    mode: str
    missing: list[str]


@dataclass(frozen=True)
class Sources:
    """The settings as written down: in the environment, which wins, and in `.env`."""

    environment: Mapping[str, str]
    file: Mapping[str, str]

    def get(self, name: str) -> str | None:
        """What is set, empty values counting as not set."""
        return self.environment.get(name) or self.file.get(name) or None


def sources() -> Sources:
    """Read the environment and `.env` of the working directory."""
    try:
        written = dotenv_values(".env") if Path(".env").is_file() else {}
    except (OSError, UnicodeDecodeError):
        written = {}  # `load_settings` says what is wrong with it
    return Sources(
        {name.upper(): value for name, value in os.environ.items()},
        {name.upper(): value for name, value in written.items() if value is not None},
    )


def problems() -> list[str]:
    """What is wrong with the settings themselves."""
    try:
        load_settings()
    except SettingsError as error:
        return error.problems
    return []


def origins(found: Sources) -> list[Origin]:
    """Every setting there is, in the order of the documentation."""
    own = {name.upper(): field.default for name, field in Settings.model_fields.items()}
    defaults = {**{name: _written(value) for name, value in own.items()}, **{n: v for n, v in DEFAULTS.items() if n not in own}}
    return [_origin(name, default, found) for name, default in defaults.items()]


def _origin(name: str, default: str | None, found: Sources) -> Origin:
    for value, origin in ((found.environment.get(name), "environment"), (found.file.get(name), ".env")):
        if value:
            return Origin(name, _shown(name, value), "environment" if origin == "environment" else ".env")
    return Origin(name, "not set" if is_secret(name) else default, "default")


def _written(value: object) -> str | None:
    return None if value is None or value == () else str(value)


def _shown(name: str, value: str) -> str:
    if is_secret(name) or name in HIDDEN:
        return "set"
    if name.endswith("_URL"):
        try:
            parts = urlsplit(value)
            port, path = f":{parts.port}" if parts.port else "", "/…" if parts.path.strip("/") else ""
            return f"{parts.scheme}://{parts.hostname}{port}{path}"
        except ValueError:
            return "not a URL"
    return redact(value)


def platforms(found: Sources) -> list[Platform]:
    """Whether Slack and Telegram can be served."""
    result = []
    for name, (setting, modes) in NEEDS.items():
        mode = found.get(setting) or DEFAULTS[setting] or ""
        needed = modes.get(mode)
        if not any(found.get(each) for each in {each for names in modes.values() for each in names}):
            result.append(Platform(name, "not configured", mode, list(needed or ())))
        elif needed is None:
            result.append(Platform(name, "incomplete", mode, [f"{setting} (got {mode!r}; one of {', '.join(modes)})"]))
        else:
            missing = [each for each in needed if not found.get(each)]
            result.append(Platform(name, "incomplete" if missing else "ready", mode, missing))
    return result


def misspelt(found: Sources) -> list[str]:
    """Names that look like settings of the advisor but are none."""
    known = {each.name for each in origins(found)}
    wrong = []
    for name in sorted({*found.environment, *found.file}):
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.85)
        if name not in known and (name.startswith("ADVISOR_") or near):
            wrong.append(f"{name} is not a setting" + (f"; did you mean {near[0]}?" if near else ""))
    return wrong
