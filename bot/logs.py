"""Logs for operators: no message texts, no tokens, whatever library writes them."""

from __future__ import annotations

import logging
import re
import sys

import structlog
from structlog.typing import EventDict, WrappedLogger

SECRETS = re.compile(r"\d{6,}:[\w-]{30,}|xox[a-z]-[\w-]+|xapp-[\w-]+|(?<=secret=)\w+")
CHATTY = ("httpx", "httpcore", "slack_bolt", "slack_sdk", "telegram", "aiohttp.access")


def redact(text: str) -> str:
    """Text with anything that looks like a token taken out."""
    return SECRETS.sub("[token]", text)


class _Redacting(logging.Formatter):
    """Redacts last of all, so that tracebacks and arguments are covered."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def _redacted(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    return {key: redact(value) if isinstance(value, str) else value for key, value in event.items()}


def configure(level: str) -> None:
    """One line per event on stderr; tracebacks without local variables, which may hold what people wrote."""
    numeric = getattr(logging, level.upper())
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Redacting("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=numeric, handlers=[handler], force=True)
    for name in CHATTY:
        logging.getLogger(name).setLevel(max(numeric, logging.WARNING))
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            _redacted,
            structlog.processors.JSONRenderer() if not sys.stderr.isatty() else structlog.dev.ConsoleRenderer(colors=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(numeric),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
