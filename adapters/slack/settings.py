"""The settings of Slack. Everything wrong is said at once: the name, what it takes, and never a secret's value."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError

from bot.settings import Settings, SettingsError

LOCAL = ("http://127.0.0.1", "http://localhost", "http://[::1]")


class SlackSettings(Settings):
    """Names are those of the environment, in lower case."""

    slack_bot_token: str = ""
    slack_app_token: str = ""
    slack_signing_secret: str = ""
    slack_mode: Literal["socket", "http"] = "socket"
    slack_api_url: str = "https://slack.com/api/"
    slack_http_host: str = "127.0.0.1"
    slack_http_port: int = Field(3000, ge=0, le=65535)
    slack_http_path: str = "/slack/events"

    @field_validator("slack_api_url")
    @classmethod
    def _address(cls, value: str) -> str:
        """An address ending in a slash; tokens travel there, so only https, or this machine."""
        if not value.startswith(("https://", *LOCAL)):
            raise PydanticCustomError("address", "takes an https:// address such as https://slack.com/api/")
        return value if value.endswith("/") else f"{value}/"

    @field_validator("slack_http_path")
    @classmethod
    def _path(cls, value: str) -> str:
        if not value.startswith("/"):
            raise PydanticCustomError("path", "takes a path such as /slack/events")
        return value

    @model_validator(mode="after")
    def _complete(self) -> Self:
        problems = []
        if not self.slack_bot_token.startswith("xoxb-"):
            problems.append("SLACK_BOT_TOKEN: takes the bot token (xoxb-…) of OAuth & Permissions")
        if self.slack_mode == "socket" and not self.slack_app_token.startswith("xapp-"):
            problems.append("SLACK_APP_TOKEN: takes the app-level token (xapp-…) of Basic Information; or set SLACK_MODE=http")
        if self.slack_mode == "http" and not self.slack_signing_secret:
            problems.append("SLACK_SIGNING_SECRET: takes the signing secret of Basic Information; or set SLACK_MODE=socket")
        if problems:
            raise PydanticCustomError("incomplete", "{problems}", {"problems": "\n".join(problems)})
        return self


def load() -> SlackSettings:
    """Read the settings. Raises SettingsError."""
    try:
        return SlackSettings()
    except ValidationError as error:
        raise SettingsError(
            [line for each in error.errors() for line in _told(each["loc"], each["type"], each["input"], each["msg"])]
        ) from error


def _told(loc: tuple[int | str, ...], kind: str, got: object, message: str) -> list[str]:
    if kind == "incomplete":
        return message.splitlines()
    name = ".".join(map(str, loc)).upper()
    shown = "" if name.endswith(("_TOKEN", "_SECRET", "_HASH")) else f" got {got!r};"
    return [f"{name}:{shown} {message}"]
