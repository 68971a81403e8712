"""Reading past advisories from the command line: who reads, which ones, and how far it has got."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any

import click

from adapters.cli import FAILED, db_option, knowledge_base, settings, stop
from bot.archive import Archive, Filter, Transcript, Viewer
from bot.library import Library
from bot.markup import clean
from bot.store_errors import StoreError

PERSON = "console:local:you"


class Reading(Library):
    """An open archive, and who looks at it."""

    def __init__(self, db: Path | None, person: str | None) -> None:
        chosen = settings()
        super().__init__(Archive(db or chosen.advisor_db), knowledge_base())
        self.viewer = viewer(person, chosen.advisor_reviewers)

    def transcript(self, id: str, did: Any) -> Transcript:
        """A transcript, or the end with a message."""
        return self.archive.transcript(self.viewer, id, did) or none_such(self, id)


def viewer(person: str | None, reviewers: tuple[str, ...]) -> Viewer:
    """Who looks: a person, with their own rights, or the operator at this terminal, who has the whole file anyway."""
    if person is None:
        return Viewer(PERSON, reviewer=True, name=f"console:local:{_account()}")
    return Viewer(person, reviewer=person in reviewers)


def _account() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def none_such(reading: Reading, id: str) -> Any:
    """End: there is none, or none that this viewer may see; which of the two is not said."""
    stop(f"no conversation {clean(id)!r} that you may read in {reading.archive.path}; `advisor transcripts list` shows them")


def with_archive(command: Callable[..., None]) -> Callable[..., None]:
    """A command on an open archive; what goes wrong with the file is said in plain words."""

    @db_option
    @click.option("--as", "person", metavar="PERSON", help="See only what PERSON (platform:tenant:user) may see.")
    @wraps(command)
    def wrapped(*, db: Path | None, person: str | None, **rest: Any) -> None:
        try:
            reading = Reading(db, person)
        except StoreError as error:
            stop(str(error), code=FAILED)
        try:
            command(reading, **rest)
        except StoreError as error:
            stop(str(error), code=FAILED)
        except BrokenPipeError:
            sys.exit(FAILED)
        finally:
            reading.archive.close()

    return wrapped


class Day(click.ParamType[int]):
    """A date or a time in UTC, as UTC milliseconds; `end` takes a date as the end of that day."""

    name = "DATE"

    def __init__(self, *, end: bool = False) -> None:
        self.end = end

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        try:
            at = datetime.fromisoformat(value)
            at = at if at.tzinfo else at.replace(tzinfo=UTC)
            at = at + timedelta(days=1) if self.end and len(value) == 10 else at
            return int(at.timestamp() * 1000)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is not a date such as 2026-11-30 or a time such as 2026-11-30T14:00", param, ctx)


_FILTERS = (
    click.option("--platform", help="console, slack, telegram."),
    click.option("--person", "started_by", metavar="PERSON", help="Who started it: platform:tenant:user."),
    click.option("--since", type=Day(), help="Last active on or after this date (UTC)."),
    click.option("--until", type=Day(end=True), help="Last active on or before this date (UTC)."),
    click.option("--kind", help="Kind of work, such as tagging."),
    click.option("--recommended", metavar="OPTION", help="The option advised."),
    click.option("--outcome", metavar="OPTION", help="The option chosen in the end."),
    click.option("--verdict", type=click.Choice(["clear", "likely", "close", "abstain"])),
    click.option("--status", type=click.Choice(["open", "paused", "cancelled", "advised"])),
    click.option("--unknowns/--no-unknowns", default=None, help='With or without open "don\'t know" or "later" answers.'),
    click.option("--reviewed/--unreviewed", default=None),
    click.option("--flagged/--not-flagged", default=None),
)


def filtered(command: Callable[..., None]) -> Callable[..., None]:
    """The filters as one argument, `wanted`."""

    @wraps(command)
    def wrapped(*args: Any, started_by: str | None, **rest: Any) -> None:
        names = (
            "platform",
            "since",
            "until",
            "kind",
            "recommended",
            "outcome",
            "verdict",
            "status",
            "unknowns",
            "reviewed",
            "flagged",
        )
        wanted = Filter(person=started_by, **{name: rest.pop(name) for name in names})
        command(*args, wanted=wanted, **rest)

    for option in reversed(_FILTERS):
        wrapped = option(wrapped)
    return wrapped


@contextmanager
def progress(items: Iterable[Any], length: int, label: str) -> Iterator[Iterable[Any]]:
    """The items, with a bar on stderr where that is a terminal."""
    if not sys.stderr.isatty():
        yield items
        return
    with click.progressbar(items, length=length, label=label, file=sys.stderr) as bar:
        yield bar
