"""What the forms do: a review, an outcome, an erasure. Each writes through the store, and leads back to a page."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote, unquote

from datasette.app import Datasette
from datasette.utils.asgi import NotFound, Request, Response

from adapters.review.web import NONE_SUCH, Params, desk_of, form_of, go, link, page, params_of, told, viewer_of
from bot.archive import Summary, Viewer
from bot.erasure import forget_conversation, forget_words
from bot.library import Library
from bot.review import NO_OPTION, REVIEW_VERDICTS, NotAllowed, outcome, review


def may_erase(viewer: Viewer, summary: Summary) -> bool:
    """Reviewers, and who started it."""
    return viewer.reviewer or viewer.person == summary.person


async def _filled(request: Request) -> tuple[str, Params, Params]:
    """The advisory's id, the form, and from the address the filters to go on with. Raises NotFound where nothing was sent."""
    if request.method != "POST":
        raise NotFound("This address takes a filled form.")
    return unquote(request.url_vars["id"]), await form_of(request), params_of(request)


def _page_of(id: str, params: Params, at: str) -> str:
    return link(f"/advisory/{quote(id, safe='')}", params) + f"#{at}"


async def reviewed(datasette: Datasette, request: Request) -> Response:
    """A reviewer's verdict."""
    id, form, params = await _filled(request)
    viewer = viewer_of(request)
    verdict = next((each for each in REVIEW_VERDICTS if each == form.get("verdict")), None)
    if verdict is None:
        return await told(datasette, request, "Nothing was stored", "Choose right, doubtful or wrong, then save again.", 400)
    by, note, flag = form.get("by", ""), form.get("note", ""), form.get("flag") == "yes"
    try:
        kept = await desk_of(datasette).run(
            lambda library: (
                review(library.archive, viewer, id, verdict, note, by, flag=flag),
                library.archive.summary(viewer, id),
            )
        )
    except (NotAllowed, ValueError) as error:
        status = 403 if isinstance(error, NotAllowed) else 400
        return await told(datasette, request, "Nothing was stored", f"{str(error).capitalize()}.", status)
    review_, summary = kept
    if review_ is None or summary is None:
        raise NotFound(NONE_SUCH)
    datasette.add_message(request, f"Your review is kept: {review_.verdict}{', flagged' if review_.flag else ''}.")
    if form.get("then") == "next":
        return go(link("/next", params, after=summary.cursor))
    return go(_page_of(id, params, "review"))


async def chosen(datasette: Datasette, request: Request) -> Response:
    """What was chosen, and what happened."""
    id, form, params = await _filled(request)
    viewer, desk = viewer_of(request), desk_of(datasette)
    option = form.get("chosen", "")
    if option not in (*desk.today.options, *NO_OPTION):
        return await told(datasette, request, "Nothing was stored", "Choose what was chosen in the end, then save again.", 400)
    kept = await desk.run(lambda library: outcome(library.archive, viewer, id, option, form.get("happened", "")))
    if kept is None:
        raise NotFound(NONE_SUCH)
    datasette.add_message(request, "The outcome is kept.")
    return go(_page_of(id, params, "outcome"))


async def _own(datasette: Datasette, request: Request, id: str) -> Summary:
    """An advisory that the viewer may take from. Raises NotFound."""
    viewer = viewer_of(request)
    summary = await desk_of(datasette).run(lambda library: library.archive.summary(viewer, id))
    if summary is None or not may_erase(viewer, summary):
        raise NotFound(NONE_SUCH)
    return summary


async def struck(datasette: Datasette, request: Request) -> Response:
    """Words taken out of an advisory: asked first, with what would be marked; then done, with a receipt."""
    id, form, _ = await _filled(request)
    summary = await _own(datasette, request, id)
    spans, sure = [each.strip() for each in form.get("words", "").splitlines() if each.strip()], form.get("sure") == "yes"
    try:
        receipt = await desk_of(datasette).run(
            lambda library: forget_words(library.archive.writer, id, spans, library.archive.now, dry_run=not sure)
        )
    except ValueError as error:
        return await told(datasette, request, "Nothing was taken out", f"{error}.", 400)
    if not receipt.erased:
        text = "None of these words stand in it. Write them as they stand there, one passage a line."
        return await told(datasette, request, "Nothing was taken out", text, 400)
    return await page(datasette, request, "receipt" if sure else "strike", s=summary, receipt=receipt, words_out=spans)


async def deleted(datasette: Datasette, request: Request) -> Response:
    """Asked first, with what would go; then done, with a receipt."""
    id = unquote(request.url_vars["id"])
    summary = await _own(datasette, request, id)
    form = await form_of(request) if request.method == "POST" else {}
    sure = form.get("sure") == "yes"

    def erase(dry_run: bool) -> Callable[[Library], object]:
        return lambda library: forget_conversation(library.archive.writer, id, library.archive.now, dry_run=dry_run)

    receipt = await desk_of(datasette).run(erase(not sure))
    return await page(datasette, request, "receipt" if sure else "delete", s=summary, receipt=receipt, asked=bool(form))
