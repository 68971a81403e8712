"""`advisor transcripts export` and `save-as-test`: past advisories as files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from adapters.cli import FAILED, as_json_option, emit, stop
from adapters.cli_reading import Reading, filtered, none_such, progress, with_archive
from bot.archive import Filter, Summary, Transcript
from bot.markup import clean

if TYPE_CHECKING:
    from bot.retell import Retelling


@click.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@filtered
@click.option("--format", "form", type=click.Choice(["md", "html", "json", "csv"]), default="md", show_default=True)
@click.option("--out", required=True, metavar="DIR|-", help="A folder for one file each (csv: one file), or - for stdout.")
@click.option("--memo", is_flag=True, help="The decision memo of the latest advice instead of the conversation (md or html).")
@as_json_option
@with_archive
def export(reading: Reading, ids: tuple[str, ...], wanted: Filter, form: Any, out: str, memo: bool, as_json: bool) -> None:
    """Export advisories by id, or all that the filters let through."""
    from bot.export import COLUMNS, CannotWrite, file_name, rendered, rows, write_new, written_rows

    if as_json and out == "-":
        stop("--json lists the files that were written, so it goes with --out DIR; --format json --out - prints the advisories")
    chosen, length = _chosen(reading, ids, wanted)
    if memo:
        from adapters.cli_memo import memos

        memos(reading, chosen, length, form, out, as_json=as_json)
        return

    def whole() -> Iterator[tuple[Transcript, Retelling]]:
        read = reading.archive.transcripts(reading.viewer, chosen, "export")
        with progress(read, length, "exporting") as items:
            for transcript in items:
                yield transcript, reading.retelling(transcript.summary)

    files: list[Path] = []
    written = 0

    def wrote(path: Path) -> None:
        files.append(path)
        if not as_json:
            click.echo(path)

    def table() -> Iterator[str]:
        nonlocal written
        yield written_rows([COLUMNS])
        for transcript, retelling in whole():
            yield written_rows(rows(transcript, retelling))
            written += 1

    try:
        if out == "-":
            _to_stdout(whole(), form)
        elif form == "csv":
            wrote(write_new(Path(out), "transcripts.csv", table()))
        else:
            for transcript, retelling in whole():
                name = file_name(transcript.summary.id, form)
                wrote(write_new(Path(out), name, rendered(transcript, retelling, form)))
                written += 1
    except CannotWrite as error:
        stop(f"{error}; choose another folder with --out", code=FAILED)
    if as_json:
        emit({"exported": written, "files": [str(path) for path in files]})
    elif out != "-":
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
    from bot.export import COLUMNS, rendered, rows, written_rows
    from bot.page import document

    match form:
        case "csv":
            click.echo(written_rows([COLUMNS]), nl=False)
            for transcript, retelling in whole:
                click.echo(written_rows(rows(transcript, retelling)), nl=False)
        case "json":
            click.echo("[", nl=False)
            for i, (transcript, retelling) in enumerate(whole):
                click.echo((",\n" if i else "") + rendered(transcript, retelling, "json").rstrip(), nl=False)
            click.echo("]")
        case "html":
            bodies = [retelling.markdown(transcript) for transcript, retelling in whole]
            click.echo(document("\n---\n\n".join(bodies), "Past advisories", "en"), nl=False)
        case _:
            for i, (transcript, retelling) in enumerate(whole):
                click.echo(("\n---\n\n" if i else "") + rendered(transcript, retelling, "md"), nl=False)


@click.command(name="save-as-test")
@click.argument("id")
@click.option("--out", type=click.Path(path_type=Path), help="A new file (default: stdout).")
@as_json_option
@with_archive
def save_as_test(reading: Reading, id: str, out: Path | None, as_json: bool) -> None:
    """A transcript as a dialogue test: `> ` what was typed, the other lines what must be said back."""
    from bot.dialogue import NotADialogue, saved
    from bot.export import CannotWrite, write_new

    transcript = reading.transcript(id, "test")
    try:
        text = saved(transcript, reading.retelling(transcript.summary))
        path = write_new(out.parent, out.name, text) if out is not None else None
        if as_json:
            emit({"conversation": id, "file": str(path) if path else None, "dialogue": text})
        else:
            click.echo(path if path else text, nl=path is not None)
    except NotADialogue as error:
        stop(f"{clean(id)}: {error}", code=FAILED)
    except CannotWrite as error:
        stop(f"{error}; choose another file with --out", code=FAILED)
