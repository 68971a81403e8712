"""`advisor transcripts`: past advisories, listed, read, searched, replayed, reviewed, exported. Reads of others' are audited."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from adapters.cli import FAILED, as_json_option, db_option, emit, knowledge_base, settings, stop
from bot.archive import Archive, Filter, Summary, Transcript, Viewer
from bot.markup import clean
from bot.store import StoreError

if TYPE_CHECKING:
    from bot.replay import Replayed
    from bot.retell import Retelling
    from knowledge.model import Knowledge

PERSON = "console:local:you"


@click.group()
def group() -> None:
    """Past advisories: list, show, search, export, replay, review, outcome, stats, save-as-test."""


# --- what every command shares -----------------------------------------------------------------------------------------


class Reading:
    """An open archive, and who looks at it."""

    def __init__(self, db: Path | None, person: str | None) -> None:
        chosen = settings()
        self.archive = Archive(db or chosen.advisor_db)
        if person is None:
            self.viewer = Viewer(PERSON, reviewer=True, name=f"console:local:{_account()}")
        else:
            self.viewer = Viewer(person, reviewer=person in chosen.advisor_reviewers)
        self.today = knowledge_base()
        self._kept: dict[str, Knowledge] = {}

    def knowledge(self, version: str) -> Knowledge:
        """A knowledge base by its version. Raises CannotReplay."""
        from bot.replay import knowledge_of

        if version == self.today.version:
            return self.today
        if version not in self._kept:
            with self.archive.explained():
                self._kept[version] = knowledge_of(version, self.archive.store.knowledge_files(version))
        return self._kept[version]

    def retelling(self, summary: Summary) -> Retelling:
        """The words for a transcript: those of its time where they can still be read."""
        from bot.replay import CannotReplay
        from bot.retell import Retelling

        try:
            base = self.knowledge(summary.knowledge)
        except CannotReplay:
            base = self.today
        return Retelling(base, self.today, summary.language)

    def transcript(self, id: str, did: Any) -> Transcript:
        """A transcript, or the end with a message."""
        return self.archive.transcript(self.viewer, id, did) or none_such(self, id)


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


# --- reading -----------------------------------------------------------------------------------------------------------


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
@as_json_option
@with_archive
def search(reading: Reading, text: tuple[str, ...], limit: int, as_json: bool) -> None:
    """Search everything said. All words must be in one message; the best of the newest matches come first."""
    from bot.retell import clock
    from bot.search import search as hits_of

    hits = hits_of(reading.archive, reading.viewer, " ".join(text), limit)
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
@click.argument("ids", nargs=-1, metavar="[ID]...")
@filtered
@click.option("--format", "form", type=click.Choice(["md", "html", "json", "csv"]), default="md", show_default=True)
@click.option("--out", required=True, metavar="DIR|-", help="A folder for one file each (csv: one file), or - for stdout.")
@with_archive
def export(reading: Reading, ids: tuple[str, ...], wanted: Filter, form: Any, out: str) -> None:
    """Export advisories by id, or all that the filters let through."""
    from bot.export import COLUMNS, CannotWrite, document, file_name, rows, write_new, written_rows

    chosen, length = _chosen(reading, ids, wanted)

    def whole() -> Iterator[tuple[Transcript, Retelling]]:
        read = reading.archive.transcripts(reading.viewer, chosen, "export")
        with progress(read, length, "exporting") as items:
            for transcript in items:
                yield transcript, reading.retelling(transcript.summary)

    written = 0
    try:
        if out == "-":
            _to_stdout(whole(), form)
        elif form == "csv":
            lines = [written_rows([COLUMNS])]
            for transcript, retelling in whole():
                lines.append(written_rows(rows(transcript, retelling)))
                written += 1
            click.echo(write_new(Path(out), "transcripts.csv", "".join(lines)))
        else:
            for transcript, retelling in whole():
                name = file_name(transcript.summary.id, form)
                click.echo(write_new(Path(out), name, document(transcript, retelling, form)))
                written += 1
    except CannotWrite as error:
        stop(str(error), code=FAILED)
    if out != "-":
        click.echo(f"{written} exported", err=True)


def _chosen(reading: Reading, ids: tuple[str, ...], wanted: Filter) -> tuple[Iterable[Summary], int]:
    if not ids:
        return reading.archive.every(reading.viewer, wanted), reading.archive.count(reading.viewer, wanted)
    if wanted != Filter():
        stop("name advisories by id or choose them by filters, not both")
    found = [reading.archive.summary(reading.viewer, id) or none_such(reading, id) for id in dict.fromkeys(ids)]
    return found, len(found)


def _to_stdout(whole: Iterator[tuple[Transcript, Retelling]], form: Any) -> None:
    """One document however many there are, written as it is made."""
    from bot.export import COLUMNS, document, page, rows, written_rows

    match form:
        case "csv":
            click.echo(written_rows([COLUMNS]), nl=False)
            for transcript, retelling in whole:
                click.echo(written_rows(rows(transcript, retelling)), nl=False)
        case "json":
            click.echo("[", nl=False)
            for i, (transcript, retelling) in enumerate(whole):
                click.echo((",\n" if i else "") + document(transcript, retelling, "json").rstrip(), nl=False)
            click.echo("]")
        case "html":
            bodies = [retelling.markdown(transcript) for transcript, retelling in whole]
            click.echo(page("\n---\n\n".join(bodies), "Past advisories", "en"), nl=False)
        case _:
            for i, (transcript, retelling) in enumerate(whole):
                click.echo(("\n---\n\n" if i else "") + document(transcript, retelling, "md"), nl=False)


# --- replay ------------------------------------------------------------------------------------------------------------


@group.command()
@click.argument("id", required=False)
@click.option("--today", is_flag=True, help="On today's knowledge instead of the one stored with the advice.")
@click.option("--all", "everything", is_flag=True, help="Every past advice (or those the filters choose), on today's knowledge.")
@click.option("--notify", "notices", is_flag=True, help="With --all: send a notice to the owners of advices that would differ.")
@filtered
@as_json_option
@with_archive
def replay(reading: Reading, id: str | None, today: bool, everything: bool, notices: bool, wanted: Filter, as_json: bool) -> None:
    """Compute a past advice again. On its own knowledge the result must be the same byte for byte; ends with 1 if it is not."""
    if everything == (id is not None):
        stop("give the ID of one advisory, or --all")
    if (wanted != Filter() or notices) and not everything:
        stop("filters and --notify go with --all")
    if everything:
        _replay_all(reading, wanted, as_json, notices)
        return
    transcript = reading.transcript(id or "", "replay")
    if not transcript.advice:
        stop(f"{id} has no advice to replay; it is {transcript.summary.status}", code=FAILED)
    found = []
    for given in transcript.advice if not today else transcript.advice[-1:]:
        found.append(_replayed(reading, transcript, given, today=today, why=True))
    if as_json:
        emit([each.as_json() if not isinstance(each, str) else {"error": each} for each in found])
    else:
        for each in found:
            _tell(each)
    if any(isinstance(each, str) or (each.given_on == each.replayed_on and not each.identical) for each in found):
        sys.exit(FAILED)


def _replayed(reading: Reading, transcript: Transcript, given: Any, *, today: bool, why: bool) -> Replayed | str:
    """The advice again, or why it cannot be computed."""
    from bot.replay import CannotReplay
    from bot.replay import replay as compute

    try:
        knowledge = reading.today if today else reading.knowledge(given.knowledge)
        before = (lambda: reading.knowledge(given.knowledge)) if why else None
        try:
            return compute(transcript, given, knowledge, before)
        except CannotReplay:
            return compute(transcript, given, knowledge)
    except CannotReplay as error:
        return f"{transcript.summary.id}: {error}"
    except (KeyError, ValueError, IndexError) as error:
        return f"{transcript.summary.id}: its answers do not fit this knowledge base ({type(error).__name__}: {error})"


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


def _replay_all(reading: Reading, wanted: Filter, as_json: bool, notices: bool) -> None:
    """Which past advices would be others today, and why. The latest advice of each conversation counts."""
    from bot.notice import notify
    from bot.replay import Replayed

    if notices and not reading.viewer.reviewer:
        stop("only a reviewer (see ADVISOR_REVIEWERS) may send notices")
    found: list[dict[str, object]] = []
    counts = {"same": 0, "differ": 0, "not_replayed": 0, "notices": 0}
    advised = (each for each in reading.archive.every(reading.viewer, wanted) if each.verdict is not None)
    read = reading.archive.transcripts(reading.viewer, advised, "replay")
    with progress(read, reading.archive.count(reading.viewer, wanted), "replaying") as items:
        for transcript in items:
            if not transcript.advice:
                continue
            each = _replayed(reading, transcript, transcript.advice[-1], today=True, why=True)
            if isinstance(each, Replayed) and not each.turned:
                counts["same"] += 1
                continue
            counts["not_replayed" if isinstance(each, str) else "differ"] += 1
            if notices and isinstance(each, Replayed):
                counts["notices"] += notify(reading.archive, reading.viewer, transcript, each, reading.today)
            if as_json:
                found.append({"error": each} if isinstance(each, str) else each.as_json() | {"person": transcript.summary.person})
            else:
                _tell_short(each, transcript.summary)
    if as_json:
        emit({**counts, "knowledge": reading.today.version, "advices": found})
    replayed = counts["same"] + counts["differ"]
    told = f"{counts['differ']} of {replayed} past advices would differ on knowledge {reading.today.version}"
    told += f", {counts['not_replayed']} could not be replayed" if counts["not_replayed"] else ""
    click.echo(told + (f"; {counts['notices']} notices are on their way" if notices else ""), err=True)


def _tell_short(each: Replayed | str, summary: Summary) -> None:
    if isinstance(each, str):
        click.echo(clean(each))
        return
    then, now = (f"{side.get('recommended')} ({side.get('verdict')})" for side in (each.then, each.now))
    why = "; ".join(cause.text for cause in each.causes) or f"{len(each.changes)} changed entries together"
    click.echo(clean(f"{each.conversation}  {summary.person}  {then} -> {now}  because {why}"))


# --- what became of it -------------------------------------------------------------------------------------------------


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


@group.command(name="save-as-test")
@click.argument("id")
@click.option("--out", type=click.Path(path_type=Path), help="A new file (default: stdout).")
@with_archive
def save_as_test(reading: Reading, id: str, out: Path | None) -> None:
    """A transcript as a dialogue test: `> ` what was typed, the other lines what must be said back."""
    from bot.dialogue import NotADialogue, saved
    from bot.export import CannotWrite, write_new

    transcript = reading.transcript(id, "test")
    try:
        text = saved(transcript, reading.retelling(transcript.summary))
        if out is None:
            click.echo(text, nl=False)
        else:
            click.echo(write_new(out.parent, out.name, text))
    except NotADialogue as error:
        stop(f"{clean(id)}: {error}", code=FAILED)
    except CannotWrite as error:
        stop(str(error), code=FAILED)
