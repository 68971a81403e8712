"""The settings of Telegram, checked before anything starts. Secrets are never repeated in a message about them."""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator

from bot.settings import Settings, SettingsError

SECRETS = ("telegram_bot_token", "telegram_webhook_secret")
_TOKEN = re.compile(r"\d{1,20}:[\w-]{30,}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{16,256}")
API = "https://api.telegram.org"


class TelegramSettings(Settings):
    """Names are those of the environment, in lower case."""

    telegram_bot_token: SecretStr
    telegram_mode: Literal["polling", "webhook"] = "polling"
    telegram_api_url: str = API
    telegram_file_url: str = ""
    telegram_webhook_url: str = ""
    telegram_listen_host: str = "127.0.0.1"
    telegram_listen_port: int = Field(8443, ge=0, le=65535)
    telegram_listen_path: str = "/telegram"
    telegram_webhook_secret: SecretStr = SecretStr("")

    @field_validator("telegram_bot_token")
    @classmethod
    def _is_a_token(cls, value: SecretStr) -> SecretStr:
        if not _TOKEN.fullmatch(value.get_secret_value()):
            raise ValueError("takes the token that @BotFather gave you: digits, a colon, and at least 30 letters")
        return value

    @field_validator("telegram_api_url", "telegram_file_url", "telegram_webhook_url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        if value and (urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).hostname):
            raise ValueError(f"takes an address such as {API}")
        return value.rstrip("/")

    @field_validator("telegram_listen_path")
    @classmethod
    def _is_a_path(cls, value: str) -> str:
        if not re.fullmatch(r"/[\w./-]*", value):
            raise ValueError("takes a path such as /telegram")
        return value

    @field_validator("telegram_webhook_secret")
    @classmethod
    def _is_a_secret(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and not _SECRET.fullmatch(value.get_secret_value()):
            raise ValueError("takes 16 to 256 letters, digits, _ and -")
        return value

    @model_validator(mode="after")
    def _webhook_is_complete(self) -> TelegramSettings:
        missing = webhook_problems(self.telegram_mode, self.telegram_webhook_url, self.telegram_webhook_secret.get_secret_value())
        if missing:
            raise ValueError("\n".join(missing))
        return self

    @property
    def token(self) -> str:
        """The bot token; never to be logged."""
        return self.telegram_bot_token.get_secret_value()

    @property
    def bot_url(self) -> str:
        """What the token is appended to, for methods."""
        return f"{self.telegram_api_url}/bot"

    @property
    def file_url(self) -> str:
        """What the token is appended to, for files."""
        return self.telegram_file_url or f"{self.telegram_api_url}/file/bot"


def webhook_problems(mode: str, url: str, secret: str) -> list[str]:
    """What webhook mode still needs."""
    if mode != "webhook":
        return []
    needed = []
    if not url:
        needed.append("TELEGRAM_WEBHOOK_URL: got nothing; with TELEGRAM_MODE=webhook it takes the public https address")
    if not secret:
        needed.append("TELEGRAM_WEBHOOK_SECRET: got nothing; with TELEGRAM_MODE=webhook it takes 16 to 256 letters and digits")
    return needed


def load() -> TelegramSettings:
    """Read the settings. Raises SettingsError with everything that is wrong."""
    try:
        return TelegramSettings()
    except ValidationError as error:
        problems: list[str] = []
        for each in error.errors():
            name = ".".join(map(str, each["loc"]))
            said = each["msg"].removeprefix("Value error, ")
            if not name:
                problems += said.split("\n")
            elif each["type"] == "missing":
                problems.append(f"{name.upper()}: got nothing; takes the token that @BotFather gave you")
            else:
                got = "a value that is not shown" if name in SECRETS else repr(each["input"])
                problems.append(f"{name.upper()}: got {got}; {said}")
        raise SettingsError(problems) from None
