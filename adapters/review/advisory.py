"""One past advisory: the conversation, the advice computed again, and its export."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from urllib.parse import unquote

from datasette.app import Datasette
from datasette.utils.asgi import NotFound, Request, Response

from adapters.review.deeds import may_erase
from adapters.review.picture import addresses
from adapters.review.story import card, story
from adapters.review.web import NONE_SUCH, desk_of, page, params_of, viewer_of
from bot.archive import Did, Transcript
from bot.export import FORMS, Form, file_name, rendered
from bot.handout import memo_of
from bot.library import Library
from bot.replay import attempt
from bot.review import NO_OPTION, REVIEW_VERDICTS

Result = TypeVar("Result")
_TYPES: dict[str, str] = {
    "md": "text/markdown; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "json": "application/json; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
}


async def _read(
    datasette: Datasette, request: Request, did: Did, work: Callable[[Library, Transcript], Result]
) -> tuple[Transcript, Result]:
    """Do something with the transcript of the address, after the audit. Raises NotFound, which does not say why."""
    viewer, id = viewer_of(request), unquote(request.url_vars["id"])

    def read(library: Library) -> tuple[Transcript, Result] | None:
        transcript = library.archive.transcript(viewer, id, did)
        return (transcript, work(library, transcript)) if transcript is not None else None

    found = await desk_of(datasette).run(read)
    if found is None:
        raise NotFound(NONE_SUCH)
    return found


async def shown(datasette: Datasette, request: Request) -> Response:
    """The conversation with what was understood, the advice, and the forms."""
    transcript, told = await _read(datasette, request, "show", story)
    s = transcript.summary
    return await page(
        datasette,
        request,
        "advisory",
        transcript=transcript,
        s=s,
        story=told,
        picture=addresses(datasette, request, s.id),
        params=params_of(request),
        verdicts=REVIEW_VERDICTS,
        no_option=NO_OPTION,
        forms=FORMS,
        erases=may_erase(viewer_of(request), s),
    )


async def replayed(datasette: Datasette, request: Request) -> Response:
    """The latest advice again, on the knowledge of its time and on today's."""

    def again(library: Library, transcript: Transcript) -> list[object]:
        if not transcript.advice:
            return []
        given = transcript.advice[-1]
        return [attempt(transcript, given, library.versions, on_today=today, why=True) for today in (False, True)] + [
            card(library, given, transcript.summary.language)
        ]

    transcript, found = await _read(datasette, request, "replay", again)
    then, now, given = found or (None, None, None)
    return await page(
        datasette, request, "replay", s=transcript.summary, then=then, now=now, card=given, params=params_of(request)
    )


async def memo(datasette: Datasette, request: Request) -> Response:
    """The latest advice as a decision memo, a page of its own that prints on A4."""

    def written(library: Library, transcript: Transcript) -> str | None:
        if not transcript.advice:
            return None
        given, s = transcript.advice[-1], transcript.summary
        return memo_of(given, s.id, s.language, library.worded(given.knowledge), "html")

    transcript, text = await _read(datasette, request, "export", written)
    if text is None:
        raise NotFound("There is no advice in it that a memo could be made of.")
    return _file(text, file_name(transcript.summary.id, "memo.html"), "html")


def _file(text: str, name: str, form: str) -> Response:
    return Response(text, headers={"content-disposition": f'attachment; filename="{name}"'}, content_type=_TYPES[form])


async def exported(datasette: Datasette, request: Request) -> Response:
    """The transcript as a file."""
    form = _form(request.url_vars["form"])
    transcript, text = await _read(
        datasette, request, "export", lambda library, whole: rendered(whole, library.retelling(whole.summary), form)
    )
    return _file(text, file_name(transcript.summary.id, form), form)


def _form(asked: str) -> Form:
    for form in FORMS:
        if form == asked:
            return form
    raise NotFound(f"An advisory can be exported as {', '.join(FORMS)}.")
