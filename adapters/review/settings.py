"""The settings of the web review. Listening where others can reach it takes a password."""

from __future__ import annotations

import ipaddress

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from adapters.review.passwords import Passwords, read
from bot.settings import Settings, checked


class ReviewSettings(Settings):
    """Names are those of the environment, in lower case."""

    advisor_review_host: str = "127.0.0.1"
    advisor_review_port: int = Field(8484, ge=0, le=65535)
    advisor_review_password_hash: str = Field("", validate_default=True)

    @field_validator("advisor_review_password_hash")
    @classmethod
    def _usable(cls, value: str, info: ValidationInfo) -> str:
        """Checked after the host, since another host than this machine makes it necessary."""
        host = info.data.get("advisor_review_host", "127.0.0.1")
        if not value and not is_loopback(host):
            raise PydanticCustomError(
                "needed",
                "needed, since others can reach ADVISOR_REVIEW_HOST {host}; make one with `advisor review --hash-password`",
                {"host": host},
            )
        try:
            read(value)
        except ValueError as error:
            raise PydanticCustomError("form", "{why}", {"why": str(error)}) from error
        return value

    @property
    def passwords(self) -> Passwords:
        """Who may come in with which password; false if none is set."""
        return read(self.advisor_review_password_hash)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def load() -> ReviewSettings:
    """Read the settings. Raises SettingsError."""
    return checked(ReviewSettings)
