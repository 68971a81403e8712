"""`advisor slack`, `advisor telegram` and `advisor run`: serve one platform, or all that are configured, in one process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click
import structlog

from adapters.cli import FAILED, db_option, knowledge_base, settings, stop
from adapters.outside import now, signalled
from bot.erasure import apply_tombstones
from bot.logs import configure, redact
from bot.retention import daily
from bot.store import Store
from bot.store_errors import StoreError
from knowledge.load import packaged_files

if TYPE_CHECKING:
    from bot.serve import Server
    from bot.settings import Settings

log = structlog.get_logger()

Serve = Callable[[Store, asyncio.Event, Callable[["Server"], None]], Awaitable[None]]


@dataclass(frozen=True)
class Platform:
    """A platform that can be served: how its settings are known to be there, and how to make its server."""

    name: str
    needs: str
    prepare: Callable[[], Serve]


def _slack() -> Serve:
    from adapters.slack.app import serve
    from adapters.slack.settings import load

    chosen = load()
    return lambda store, stopping, started: serve(
        store, knowledge_base(), packaged_files(), chosen, stopping=stopping, started=started
    )


def _telegram() -> Serve:
    from adapters.telegram.app import serve
    from adapters.telegram.settings import load

    chosen = load()
    return lambda store, stopping, started: serve(
        store, knowledge_base(), packaged_files(), chosen, stopping=stopping, started=started
    )


SLACK = Platform("slack", "SLACK_BOT_TOKEN", _slack)
TELEGRAM = Platform("telegram", "TELEGRAM_BOT_TOKEN", _telegram)


@click.command()
@db_option
def slack(db: Path | None) -> None:
    """Serve Slack. Settings come from the environment or .env; `advisor doctor` shows them."""
    _run([SLACK], db)


@click.command()
@db_option
def telegram(db: Path | None) -> None:
    """Serve Telegram. Settings come from the environment or .env; `advisor doctor` shows them."""
    _run([TELEGRAM], db)


@click.command()
@db_option
def run(db: Path | None) -> None:
    """Serve every platform that is configured, in one process."""
    from bot.origins import sources

    settings()  # a file that cannot be read is said here
    known = sources()
    configured = [platform for platform in (SLACK, TELEGRAM) if known.get(platform.needs)]
    if not configured:
        stop("no platform is configured; set SLACK_BOT_TOKEN or TELEGRAM_BOT_TOKEN (see docs/slack.md and docs/telegram.md)")
    _run(configured, db)


def _run(platforms: Sequence[Platform], db: Path | None) -> None:
    """Prepare all, saying everything that is wrong with their settings at once, then serve until told to stop."""
    from bot.settings import SettingsError

    chosen = settings()
    configure(chosen.advisor_log)
    serves, problems = [], list[str]()
    for platform in platforms:
        try:
            serves.append(platform.prepare())
        except SettingsError as error:
            problems += error.problems
        except ImportError as error:
            problems.append(
                f"{platform.name} needs {error.name}, which is not installed; pip install sourcing-advisor[{platform.name}]"
            )
    if problems:
        stop(*problems)
    try:
        store = Store(db or chosen.advisor_db)
    except StoreError as error:
        stop(str(error), code=FAILED)
    try:
        apply_tombstones(store, now())
        failures = asyncio.run(_serve(store, serves, chosen))
    except StoreError as error:
        stop(str(error), code=FAILED)
    finally:
        store.close()
    if failures:
        stop(*failures, code=FAILED)


async def _serve(store: Store, serves: Sequence[Serve], chosen: Settings) -> list[str]:
    """Run all servers, the health pages and the purge; one that cannot go on stops the others. Returns what went wrong."""
    from adapters.health import run_health

    stopping, servers = signalled(), list["Server"]()
    tasks = [asyncio.ensure_future(serve(store, stopping, servers.append)) for serve in serves]
    set_by_hand = "advisor_health_port" in chosen.model_fields_set
    health = run_health(servers, chosen.advisor_health_host, chosen.advisor_health_port, stopping, needed=set_by_hand)
    tasks.append(asyncio.ensure_future(health))
    tasks.append(asyncio.ensure_future(daily(store, chosen.advisor_retention_days, now, stopping)))
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    stopping.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    return [_told(result) for result in results if isinstance(result, BaseException)]


def _told(error: BaseException) -> str:
    """What an operator is told of the end of a service: what to do, or, of a defect, where to look."""
    from bot.serve import CannotServe
    from bot.settings import SettingsError

    if isinstance(error, CannotServe | SettingsError | StoreError | OSError):
        return redact(str(error))
    log.critical("ended by a defect", error=type(error).__name__, exc_info=error)
    return f"ended by a defect ({type(error).__name__}); see the log"
