"""Transcripts as files: Markdown, a self-contained page, JSON, or CSV whose cells no spreadsheet runs.

Rules: a file name is made of an id and nothing else; a file that is there is never written over or through a link; CSV cells
that begin like a formula get an apostrophe, JSON stays as it was said.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

from bot.archive import Transcript
from bot.markup import clean, unseen_escaped
from bot.page import document
from bot.retell import Retelling, clock

Form = Literal["md", "html", "json", "csv"]
FORMS: tuple[Form, ...] = ("md", "html", "json", "csv")
COLUMNS = ("conversation", "event", "at", "speaker", "person", "message", "text", "understood", "recommended", "verdict")
_NAME = re.compile(r"[a-z0-9-]{1,64}")
_FORMULA = tuple("=+-@\t\r\n")


class CannotWrite(Exception):
    """A file cannot be written; the text says which, why, and what to do."""


def file_name(id: str, ending: str) -> str:
    """A name that is safe in every folder: the id where it can be, else what is left of it and a digest."""
    if _NAME.fullmatch(id):
        return f"{id}.{ending}"
    rest = re.sub(r"[^a-z0-9]+", "-", id.casefold()).strip("-")[:40] or "transcript"
    return f"{rest}-{hashlib.sha256(id.encode('utf-8', 'replace')).hexdigest()[:12]}.{ending}"


def defused(cell: str) -> str:
    """A cell that a spreadsheet shows and never runs."""
    text = clean(cell)
    start = unicodedata.normalize("NFKC", text.lstrip())[:1]
    return f"'{text}" if text.startswith(_FORMULA) or (start in _FORMULA and start) else text


def as_json(transcript: Transcript, retelling: Retelling) -> dict[str, object]:
    """Everything kept of it, as plain data."""
    return {
        **transcript.summary.__dict__,
        "conversation": [said.__dict__ for said in retelling.conversation(transcript)],
        "events": [event.model_dump(mode="json") for event in transcript.events],
        "advice": [
            {"event": given.event_number, "at": given.at, "knowledge": given.knowledge, "advice": json.loads(given.text)}
            for given in transcript.advice
        ],
        "reviews": [each.__dict__ for each in transcript.reviews],
        "outcomes": [each.__dict__ for each in transcript.outcomes],
    }


def rows(transcript: Transcript, retelling: Retelling) -> Iterator[tuple[str, ...]]:
    """The lines of a transcript as cells, defused."""
    s = transcript.summary
    for said in retelling.conversation(transcript):
        speaker = "advisor" if said.by is None else "person"
        told = "; ".join(said.understood)
        yield tuple(
            defused(cell)
            for cell in (
                s.id, str(said.event_number), clock(said.at), speaker, said.by or "", said.how, said.text, told,
                s.recommended or "", s.verdict or "",
            )
        )  # fmt: skip


def written_rows(cells: Iterable[tuple[str, ...]]) -> str:
    """Cells as CSV lines."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(cells)
    return out.getvalue()


def rendered(transcript: Transcript, retelling: Retelling, form: Form) -> str:
    """One transcript as the whole text of a file."""
    match form:
        case "md":
            return retelling.markdown(transcript)
        case "html":
            title = retelling.say("title", id=transcript.summary.id)
            return document(retelling.markdown(transcript), title, transcript.summary.language)
        case "json":
            return unseen_escaped(json.dumps(as_json(transcript, retelling), ensure_ascii=False, indent=2)) + "\n"
        case "csv":
            return written_rows([COLUMNS, *rows(transcript, retelling)])


def write_new(folder: Path, name: str, content: str | bytes | Iterable[str]) -> Path:
    """A new file in a folder, from a text, from its pieces as they come, or from bytes.

    Raises CannotWrite if it is there already, is a link, or would lie elsewhere.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        inside = folder.resolve(strict=True)
        path = inside / name
        if path.parent != inside or Path(name).name != name:
            raise CannotWrite(f"{name!r} is not a file name")
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError as error:
        raise CannotWrite(f"{folder / name} is there already and was not written over") from error
    except OSError as error:
        raise CannotWrite(f"{folder / name}: {error.strerror or error}") from error
    if isinstance(content, bytes):
        with os.fdopen(file, "wb") as raw:
            raw.write(content)
        return path
    with os.fdopen(file, "w", encoding="utf-8", newline="") as out:
        out.writelines([content] if isinstance(content, str) else content)
    return path
