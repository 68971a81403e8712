"""Settings from the environment or `.env`. Everything wrong is said at once, with what it got and what it takes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

HOME = Path.home() / ".local" / "share" / "sourcing-advisor" / "advisor.db"


class SettingsError(Exception):
    """One or more settings cannot be used; `problems` lists them all."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class Settings(BaseSettings):
    """Names are those of the environment, in lower case."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True, env_ignore_empty=True
    )

    advisor_db: Path = HOME
    advisor_lang: str = "en"
    advisor_reviewers: Annotated[tuple[str, ...], NoDecode] = ()
    advisor_retention_days: int | None = Field(None, ge=1, le=36_500)
    advisor_log: Literal["debug", "info", "warning", "error"] = "info"
    advisor_thread_answers: Literal["starter", "everyone"] = "starter"
    advisor_health_host: str = "127.0.0.1"
    advisor_health_port: int = Field(8080, ge=0, le=65535)

    @field_validator("advisor_reviewers", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        """Names separated by commas."""
        return tuple(name.strip() for name in value.split(",") if name.strip()) if isinstance(value, str) else value

    @field_validator("advisor_db")
    @classmethod
    def _home(cls, value: Path) -> Path:
        """`.env` files and service managers do not expand `~` themselves."""
        return value.expanduser()


Kind = TypeVar("Kind", bound=Settings)


def load_settings() -> Settings:
    """Read the settings. Raises SettingsError."""
    return checked(Settings)


def checked(kind: type[Kind]) -> Kind:
    """Read the settings of a surface. Raises SettingsError."""
    try:
        return kind()
    except ValidationError as error:
        raise SettingsError(
            [
                f"{'.'.join(map(str, each['loc'])).upper()}: {_got(each['loc'], each['input'])}; {each['msg']}"
                for each in error.errors()
            ]
        ) from error
    except UnicodeDecodeError as error:
        raise SettingsError([f".env: not UTF-8 text (byte {error.start}); save it as UTF-8"]) from error


def _got(loc: tuple[int | str, ...], value: object) -> str:
    if value in ("", None):
        return "not set"
    secret = any(is_secret(str(each)) for each in loc) or not loc  # without a place, the input is all settings at once
    return "got a value that is not shown" if secret else f"got {value!r}"


def is_secret(name: str) -> bool:
    """Whether the value of a setting must never be shown."""
    return name.upper().endswith(("_TOKEN", "_SECRET", "_HASH", "_PASSWORD"))
