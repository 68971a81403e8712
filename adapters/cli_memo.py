"""Decision memos: of past advisories (`transcripts export --memo`) and of an answer file (`advise --memo`)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from adapters.cli import FAILED, emit, stop
from adapters.outside import now

if TYPE_CHECKING:
    from adapters.cli_reading import Reading
    from bot.advice.advice import Advice
    from bot.archive import Summary
    from knowledge.model import Knowledge


def memos(reading: Reading, chosen: Iterable[Summary], length: int, form: str, out: str, *, as_json: bool) -> None:
    """The memos of these advisories, as files or on stdout. Those without an advice are named on stderr."""
    from adapters.cli_reading import progress
    from bot.export import CannotWrite, file_name, write_new
    from bot.handout import memo_of

    ending: Literal["md", "html"] = "html" if form == "html" else "md"
    if form != ending:
        stop(f"--memo: got --format {form}; a memo is md or html")
    if ending == "html" and out == "-" and length > 1:
        stop(f"--memo: {length} pages cannot be one; give --out DIR for a file each, or --format md")
    files: list[Path] = []
    told = 0
    with progress(reading.archive.transcripts(reading.viewer, chosen, "export"), length, "exporting") as items:
        for transcript in items:
            given, summary = transcript.advice[-1] if transcript.advice else None, transcript.summary
            text = memo_of(given, summary.id, summary.language, reading.worded(given.knowledge), ending) if given else None
            if text is None:
                click.echo(f"{summary.id}: there is no advice that a memo could be made of", err=True)
            elif out == "-":
                click.echo(("\n---\n\n" if told else "") + text)
                told += 1
            else:
                try:
                    files.append(write_new(Path(out), file_name(f"{summary.id}-memo", ending), f"{text}\n"))
                except CannotWrite as error:
                    stop(f"{error}; choose another folder with --out", code=FAILED)
                if not as_json:
                    click.echo(files[-1])
    if as_json:
        emit({"exported": len(files), "files": [str(path) for path in files]})


def memo_file(advice: Advice, base: Knowledge, language: str, path: Path) -> None:
    """The memo of an advice into a file; its ending says whether it is Markdown or a page. Ends with what is wrong."""
    from bot.memo import memo, memo_page

    if path.suffix.lower() not in (".md", ".html"):
        stop(f"--memo {path}: expected a file name that ends in .md or .html")
    write = memo_page if path.suffix.lower() == ".html" else memo
    try:
        path.write_text(write(advice, base, language, datetime.fromtimestamp(now() / 1000, UTC).date()) + "\n", "utf-8")
    except OSError as error:
        stop(f"--memo {path}: {error.strerror or error}; choose another place")
