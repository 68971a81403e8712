"""`advisor transcripts replay`: compute past advices again, on the stored or on today's knowledge, and say what differs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from adapters.cli import FAILED, as_json_option, emit, stop
from adapters.cli_reading import Reading, filtered, progress, with_archive
from bot.archive import Filter, Summary
from bot.markup import clean

if TYPE_CHECKING:
    from bot.replay import Replayed


@click.command()
@click.argument("id", required=False)
@click.option("--today", is_flag=True, help="On today's knowledge instead of the one stored with the advice.")
@click.option("--all", "everything", is_flag=True, help="Every past advice (or those the filters choose), on today's knowledge.")
@click.option("--exact", is_flag=True, help="With --all: every advice on the knowledge of its time, compared byte for byte.")
@click.option("--notify", "notices", is_flag=True, help="With --all: send a notice to the owners of advices that would differ.")
@filtered
@as_json_option
@with_archive
def replay(
    reading: Reading,
    id: str | None,
    today: bool,
    everything: bool,
    exact: bool,
    notices: bool,
    wanted: Filter,
    as_json: bool,
) -> None:
    """Compute a past advice again. On its own knowledge the result must be the same byte for byte; ends with 1 if it is not."""
    if everything == (id is not None):
        stop("give the ID of one advisory, or --all")
    if (wanted != Filter() or notices or exact) and not everything:
        stop("filters, --exact and --notify go with --all")
    if exact and (notices or today):
        stop("--exact is on the knowledge of the time; --today and --notify are about today's")
    if everything:
        _replay_all(reading, wanted, as_json, exact, notices)
        return
    from bot.replay import attempt

    transcript = reading.transcript(id or "", "replay")
    if not transcript.advice:
        stop(f"{id} has no advice to replay; it is {transcript.summary.status}", code=FAILED)
    found = []
    for given in transcript.advice if not today else transcript.advice[-1:]:
        found.append(attempt(transcript, given, reading.versions, on_today=today, why=True))
    if as_json:
        emit([each.as_json() if not isinstance(each, str) else {"error": each} for each in found])
    else:
        for each in found:
            _tell(each)
    if any(isinstance(each, str) or (each.given_on == each.replayed_on and not each.identical) for each in found):
        sys.exit(FAILED)


def _tell(each: Replayed | str) -> None:
    if isinstance(each, str):
        click.echo(clean(each))
        return
    on = "the knowledge of its time" if each.given_on == each.replayed_on else f"{each.replayed_on} instead of {each.given_on}"
    click.echo(f"{each.conversation}, advice of event {each.event_number}, on {on}:")
    if each.identical:
        click.echo("  identical, byte for byte")
        return
    if each.given_on == each.replayed_on:
        click.echo("  NOT identical on the same knowledge: the program computes differently now")
    then, now = ({k: v for k, v in side.items() if k in ("recommended", "verdict")} for side in (each.then, each.now))
    if each.turned:
        click.echo(f"  then: {then['recommended']} ({then['verdict']})\n  now:  {now['recommended']} ({now['verdict']})")
    else:
        click.echo(f"  the same advice, {now['recommended']} ({now['verdict']}); figures or words differ")
    for cause in each.causes:
        click.echo(f"  because: {clean(cause.text)}")
    if each.turned and not each.causes:
        click.echo(f"  no single change explains it; {len(each.changes)} entries of the knowledge base differ:")
        for change in each.changes[:10]:
            click.echo(f"    {clean(change.text)}")
    for difference in each.differences:
        if difference.what not in ("recommended", "verdict"):
            click.echo(clean(f"  {difference.what}: {_shown(difference.then)} -> {_shown(difference.now)}"))


def _shown(value: object) -> str:
    return "(not there)" if value is None else str(value)


def _replay_all(reading: Reading, wanted: Filter, as_json: bool, exact: bool, notices: bool) -> None:
    """Which past advices would be others today, and why; or which are not the same bytes on their own knowledge."""
    from bot.notice import notify
    from bot.replay import Replayed
    from bot.replay_all import compared

    if notices and not reading.viewer.reviewer:
        stop("only a reviewer (see ADVISOR_REVIEWERS) may send notices")
    found: list[dict[str, object]] = []
    counts = {"same": 0, "differ": 0, "not_replayed": 0, "notices": 0}
    results = compared(reading.archive, reading.viewer, wanted, reading.today, exact=exact)
    with progress(results, reading.archive.count(reading.viewer, wanted), "replaying") as items:
        for one in items:
            counts["same"] += one.advices - len(one.differing)
            for each in one.differing:
                counts["not_replayed" if isinstance(each, str) else "differ"] += 1
                if notices and isinstance(each, Replayed):
                    whole = reading.transcript(one.summary.id, "replay")
                    counts["notices"] += notify(reading.archive, reading.viewer, whole, each, reading.today)
                if as_json:
                    found.append({"error": each} if isinstance(each, str) else each.as_json() | {"person": one.summary.person})
                else:
                    _tell_short(each, one.summary)
    if as_json:
        emit({**counts, "knowledge": reading.today.version, "advices": found})
    replayed = counts["same"] + counts["differ"]
    told = f"{counts['differ']} of {replayed} past advices " + (
        "are not the same, byte for byte, on the knowledge of their time"
        if exact
        else f"would differ on knowledge {reading.today.version}"
    )
    told += f", {counts['not_replayed']} could not be replayed" if counts["not_replayed"] else ""
    click.echo(told + (f"; {counts['notices']} notices are on their way" if notices else ""), err=True)
    if exact and replayed != counts["same"]:
        sys.exit(FAILED)


def _tell_short(each: Replayed | str, summary: Summary) -> None:
    if isinstance(each, str):
        click.echo(clean(each))
        return
    then, now = (f"{side.get('recommended')} ({side.get('verdict')})" for side in (each.then, each.now))
    why = "; ".join(cause.text for cause in each.causes) or f"{len(each.changes)} changed entries together"
    click.echo(clean(f"{each.conversation}  {summary.person}  {then} -> {now}  because {why}"))
