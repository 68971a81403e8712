"""An advice as a document of its own: plain text, Markdown, or a self-contained page."""

from __future__ import annotations

from html import escape as html_escape

from markdown_it import MarkdownIt

from bot.advice.advice import Advice
from bot.case import Case
from bot.effects import Recommend
from bot.markup import escape, plain
from bot.speak import speak
from knowledge.model import Knowledge

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}"
    "h2{line-height:1.2}blockquote{border-left:.25rem solid #b35900;margin:0;padding-left:1rem}"
    "@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}}@media print{body{margin:0;max-width:none}}"
)


def markdown(advice: Advice, knowledge: Knowledge, language: str) -> str:
    """The advice in the words of a conversation."""
    nobody = Case(
        conversation="", language=language, knowledge=knowledge.version, order="file", starter="", started_at=0, summarised=True
    )
    return speak(Recommend(advice=advice), nobody, knowledge).markdown


def render(advice: Advice, knowledge: Knowledge, language: str, form: str, header: str = "") -> str:
    """The advice as `text`, `md` or `html`, with a line above it where something is supposed."""
    told = (f"{escape(header)}\n\n" if header else "") + markdown(advice, knowledge, language)
    match form:
        case "md":
            return told
        case "html":
            return document(told, advice.headline, language)
        case _:
            return plain(told)


def document(told: str, title: str, language: str, style: str = "") -> str:
    """Markdown as a page of its own, with `style` after the page's own: no script, nothing loaded from anywhere."""
    head = (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f'<meta name="viewport" content="width=device-width"><title>{html_escape(title)}</title><style>{_STYLE}{style}</style>'
    )
    body = _MARKDOWN.render(told)
    return (
        f'<!doctype html>\n<html lang="{html_escape(language)}"><head>{head}</head>\n<body><main>\n{body}</main></body></html>\n'
    )
