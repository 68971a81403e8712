"""An advice as a document of its own: plain text, Markdown, or a self-contained page."""

from __future__ import annotations

from collections.abc import Iterable
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


def document(told: str, title: str, language: str) -> str:
    """Markdown as a page of its own."""
    return page(_MARKDOWN.render(told), title, language)


def group(setting: str, sections: Iterable[tuple[str, str]]) -> str:
    """Sections of Markdown, each with its name as a class, in a block that a style sheet can set by its own."""
    told = "".join(f'<section class="{html_escape(name)}">\n{_MARKDOWN.render(text)}</section>\n' for name, text in sections)
    return f'<div class="{html_escape(setting)}">\n{told}</div>\n'


def page(body: str, title: str, language: str, style: str = "") -> str:
    """A self-contained page, with `style` after the page's own: no script, nothing loaded from anywhere."""
    head = (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f'<meta name="viewport" content="width=device-width"><title>{html_escape(title)}</title><style>{_STYLE}{style}</style>'
    )
    return (
        f'<!doctype html>\n<html lang="{html_escape(language)}"><head>{head}</head>\n<body><main>\n{body}</main></body></html>\n'
    )
