"""Logs for operators: no message texts, no tokens, whatever library writes them.

Rules: a traceback shows where, and of a foreign exception only its type, for its text may quote a person; redaction comes last,
on the finished line, so that nothing goes round it; control characters never reach the log.
"""

from __future__ import annotations

import logging
import os
import re
import sqlite3
import sys
import traceback
from pathlib import Path
from types import TracebackType

import structlog
from dotenv import dotenv_values
from structlog.typing import EventDict, WrappedLogger

SECRETS = re.compile(
    r"\d{3,}(?::|%3A)[\w-]{30,}"  # Telegram bot token, also in an address
    r"|xox[a-z][.-][\w.-]+|xapp-[\w-]+"  # Slack tokens
    r"|(?<=secret=)[\w%.-]+|(?<=secret_token=)[\w%.-]+|(?i:(?<=bearer ))[\w.~+/-]+=*",
    re.IGNORECASE,
)
QUOTED = re.compile(r"input_value=.*?(, input_type=)", re.DOTALL)
"""How pydantic quotes what it was given."""
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
CHATTY = ("httpx", "httpcore", "slack_bolt", "slack_sdk", "telegram", "aiohttp.access")
ALWAYS = ("bot.migrating",)
"""What is said at every level: that a database was changed for good, and where the copy of before is."""
PLAIN = (OSError, sqlite3.Error, ImportError)
"""Exceptions whose text is of the system and not of people."""
OURS = ("bot", "adapters", "knowledge")
SHORTEST_SECRET = 8
NAMED_SECRET = ("_TOKEN", "_SECRET", "_HASH", "_PASSWORD")


_known: list[str] = []
"""Secrets without a form of their own, such as the signing secret; the longest first, as one may hold another."""


def redact(text: str) -> str:
    """Text with anything that looks like a token, or is a secret among the settings, taken out."""
    for secret in _known:
        text = text.replace(secret, "[token]")
    return QUOTED.sub(r"input_value=[text]\1", SECRETS.sub("[token]", text))


def _secrets() -> list[str]:
    """The secrets of the environment and of `.env`."""
    try:
        written = dotenv_values(".env") if Path(".env").is_file() else {}
    except (OSError, UnicodeDecodeError):
        written = {}  # the settings say what is wrong with it
    named = [value for name, value in (*written.items(), *os.environ.items()) if name.upper().endswith(NAMED_SECRET)]
    return sorted({value for value in named if value and len(value) >= SHORTEST_SECRET}, key=len, reverse=True)


def trace(error: BaseException) -> str:
    """Where an exception came from, with its causes: frames, types, and those texts that are safe."""
    parts = []
    seen: set[int] = set()
    each: BaseException | None = error
    while each is not None and id(each) not in seen:
        seen.add(id(each))
        frames = "".join(traceback.format_list(traceback.extract_tb(each.__traceback__)))
        parts.append(f"{frames}{type(each).__name__}{_safe(each)}")
        each = each.__cause__ or (None if each.__suppress_context__ else each.__context__)
    return "\ncaused\n".join(reversed(parts))


def _safe(error: BaseException) -> str:
    ours = type(error).__module__.partition(".")[0] in OURS
    return f": {error}" if ours or isinstance(error, PLAIN) else " (its text is left out: it may quote a person)"


def _one_line(text: str) -> str:
    return CONTROL.sub(lambda found: repr(found[0])[1:-1], text).replace("\n", "\\n")


class _Redacting(logging.Formatter):
    """Redacts last of all, so that tracebacks and arguments are covered."""

    def format(self, record: logging.LogRecord) -> str:
        record.exc_text = None  # another handler may have put the full text there
        return redact(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  the library's name
        record.message = _one_line(record.message)
        return super().formatMessage(record)

    def formatException(  # noqa: N802  the library's name
        self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> str:
        return trace(ei[1]) if ei[1] is not None else ""


def _traced(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """`exc_info` as a trace without foreign texts."""
    given = event.pop("exc_info", None)
    error = given if isinstance(given, BaseException) else sys.exc_info()[1] if given else None
    if error is not None:
        event["exception"] = trace(error)
    return event


class _Rendered:
    """The finished line, redacted: nested values and keys are covered too."""

    def __init__(self, terminal: bool) -> None:
        self.render = structlog.dev.ConsoleRenderer(colors=False) if terminal else structlog.processors.JSONRenderer(default=repr)

    def __call__(self, logger: WrappedLogger, name: str, event: EventDict) -> str:
        plain = {
            key: _one_line(value) if isinstance(value, str) and key != "exception" else value for key, value in event.items()
        }
        return CONTROL.sub("�", redact(str(self.render(logger, name, plain))))


def configure(level: str) -> None:
    """One line per event on stderr; tracebacks without local variables, which may hold what people wrote."""
    _known[:] = _secrets()
    numeric = getattr(logging, level.upper())
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Redacting("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=numeric, handlers=[handler], force=True)
    for name in CHATTY:
        logging.getLogger(name).setLevel(max(numeric, logging.WARNING))
    for name in ALWAYS:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            _traced,
            _Rendered(sys.stderr.isatty()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(numeric),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
