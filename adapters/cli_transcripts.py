"""`advisor transcripts`: list, show, search, export, review and count past advisories."""

from __future__ import annotations

import sys
from typing import Any

import click

from adapters.cli import as_json_option, emit, stop
from adapters.cli_export import export, save_as_test
from adapters.cli_reading import Reading, filtered, none_such, with_archive
from adapters.cli_replay import replay
from bot.archive import Filter, Summary
from bot.markup import clean


@click.group()
def group() -> None:
    """Past advisories: list, show, search, export, replay, review, outcome, stats, save-as-test."""


group.add_command(replay)
group.add_command(export)
group.add_command(save_as_test)


@group.command(name="list")
@filtered
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@click.option("--after", metavar="CURSOR", help="Go on after the last page; the cursor is printed at its end.")
@as_json_option
@with_archive
def listed(reading: Reading, wanted: Filter, limit: int, after: str | None, as_json: bool) -> None:
    """Past advisories, the one active last first, a page at a time."""
    try:
        found = reading.archive.page(reading.viewer, wanted, limit + 1, after)
    except ValueError as error:
        stop(f"--after: {error}")
    more = found[limit - 1].cursor if len(found) > limit else None
    if as_json:
        emit({"transcripts": [each.__dict__ for each in found[:limit]], "after": more})
        return
    for each in found[:limit]:
        click.echo(_row(each))
    if not found:
        click.echo("no past advisories match", err=True)
    if more:
        click.echo(f"more: --after {more}", err=True)


def _row(s: Summary) -> str:
    from bot.retell import clock

    advice = f"{s.verdict} {s.recommended or ''}".strip() if s.verdict else "-"
    marks = [f"{s.unknowns} unknown"] if s.unknowns else []
    marks += ["reviewed"] if s.reviewed else []
    marks += ["FLAGGED"] if s.flagged else []
    marks += [f"chose {s.chosen}"] if s.chosen else []
    told = f"{clock(s.last_at, '%Y-%m-%d %H:%M')}  {s.id}  {s.status:9}  {advice:22}  {s.kind or '-':12}  {s.person}"
    process = " ".join((s.process or "").split())
    return clean("  ".join(filter(None, [told, process[:60], ", ".join(marks)])))


@group.command()
@click.argument("id")
@as_json_option
@with_archive
def show(reading: Reading, id: str, as_json: bool) -> None:
    """One advisory as a conversation, with what each message was understood as, reasons and sources."""
    from bot.export import as_json as plain

    transcript = reading.transcript(id, "show")
    retelling = reading.retelling(transcript.summary)
    if as_json:
        emit(plain(transcript, retelling))
        return
    for line in retelling.text(transcript):
        click.echo(line)


@group.command()
@click.argument("text", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True)
@click.option("--newest", is_flag=True, help="The latest first, instead of the best of the latest.")
@as_json_option
@with_archive
def search(reading: Reading, text: tuple[str, ...], limit: int, newest: bool, as_json: bool) -> None:
    """Search everything said. All words must be in one message; the best of the latest matches come first."""
    from bot.retell import clock
    from bot.search import search as hits_of

    hits = hits_of(reading.archive, reading.viewer, " ".join(text), limit, newest=newest)
    if as_json:
        emit([hit.__dict__ | {"text": "".join(hit.pieces), "found": hit.pieces[1::2]} for hit in hits])
        return
    for hit in hits:
        who = clean(hit.person or "advisor")
        shown = "".join(_highlighted(piece) if i % 2 else piece for i, piece in enumerate(hit.pieces))
        click.echo(f"{hit.conversation}  {clock(hit.at, '%Y-%m-%d %H:%M')}  {who}: {shown}")
    if not hits:
        click.echo("nothing was found", err=True)


def _highlighted(piece: str) -> str:
    return click.style(piece, bold=True, reverse=True) if sys.stdout.isatty() else f"[{piece}]"


@group.command()
@click.argument("id")
@click.option("--verdict", required=True, type=click.Choice(["right", "doubtful", "wrong"]), help="Was the advice right?")
@click.option("--note", default="", help="Why.")
@click.option("--by", required=True, metavar="NAME", help="Who reviewed.")
@click.option("--flag", is_flag=True, help="Mark it for a second look.")
@as_json_option
@with_archive
def review(reading: Reading, id: str, verdict: Any, note: str, by: str, flag: bool, as_json: bool) -> None:
    """Keep a reviewer's verdict on a past advisory."""
    from bot.review import NotAllowed
    from bot.review import review as keep

    try:
        kept = keep(reading.archive, reading.viewer, id, verdict, note, by, flag=flag) or none_such(reading, id)
    except (NotAllowed, ValueError) as error:
        stop(str(error))
    if as_json:
        emit({"conversation": id, **kept.__dict__})
    else:
        click.echo(f"{clean(id)}: reviewed by {kept.reviewer}: {kept.verdict}{' (flagged)' if kept.flag else ''}")


@group.command()
@click.argument("id")
@click.option("--chosen", required=True, metavar="OPTION", help="An option's id, or split, automation, none.")
@click.option("--happened", required=True, metavar="TEXT", help="What came of it.")
@as_json_option
@with_archive
def outcome(reading: Reading, id: str, chosen: str, happened: str, as_json: bool) -> None:
    """Keep what was chosen in the end, and what happened."""
    from bot.review import NO_OPTION
    from bot.review import outcome as keep

    options = (*reading.today.options, *NO_OPTION)
    if chosen not in options:
        stop(f"--chosen {clean(chosen)!r} is none of {', '.join(options)}")
    kept = keep(reading.archive, reading.viewer, id, chosen, happened) or none_such(reading, id)
    if as_json:
        emit({"conversation": id, **kept.__dict__})
    else:
        click.echo(f"{clean(id)}: chose {kept.chosen}. {kept.happened}")


@group.command()
@filtered
@as_json_option
@with_archive
def stats(reading: Reading, wanted: Filter, as_json: bool) -> None:
    """Counts: what was advised, who finishes, where people stop or do not know, and whether advice was followed."""
    from bot.statistics import statistics

    found = statistics(reading.archive, reading.viewer, wanted)
    if as_json:
        emit(found.as_json())
        return
    share = f" ({100 * found.advised / found.conversations:.0f} %)" if found.conversations else ""
    click.echo(f"{found.conversations} advisories, {found.advised} with advice{share}")
    for title, counts in (
        ("status", found.by_status), ("platform", found.by_platform), ("kind of work", found.by_kind),
        ("advised", found.by_recommended), ("verdict", found.by_verdict), ("reviews", found.reviews),
    ):  # fmt: skip
        if counts:
            click.echo(f"{title}: " + clean(", ".join(f"{name} {n}" for name, n in counts.items())))
    if found.questions:
        click.echo(f"{'question':16} {'given':>7} {'unknown':>8} {'n/a':>5} {'later':>6} {'stopped here':>13}")
    order = {id: place for place, id in enumerate(reading.today.questions)}
    for each in sorted(found.questions, key=lambda each: order.get(each.question, len(order))):
        counted = f"{each.given:7} {each.dont_know:8} {each.not_applicable:5} {each.later:6} {each.stopped:13}"
        click.echo(clean(f"{each.question:16} {counted}"))
    if found.with_outcome:
        click.echo(f"advice followed: {found.agreed} of {found.with_outcome}")
        for (advised, chosen), n in sorted(found.agreement.items()):
            click.echo(clean(f"  advised {advised}, chose {chosen}: {n}"))
