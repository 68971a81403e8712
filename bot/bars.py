"""The picture of an advice for a terminal: a line an option, its score, and a bar for how often it comes first."""

from __future__ import annotations

from bot.advice.advice import Advice
from bot.chart_words import points, share
from bot.markup import escape
from knowledge.model import Language

LONGEST = 24
FULL, PARTS = "█", " ▏▎▍▌▋▊▉"


def bars(advice: Advice, words: Language) -> str:
    """Markdown: one paragraph, a line an option. The lines are of text that aligns in a fixed-width font."""
    names = max(len(words.options[option.id].short) for option in advice.options)
    lines = [escape(words.sentences["bars_head"])]
    for option in advice.options:
        name = words.options[option.id].short.ljust(names)
        if option.rank is None:
            lines.append(f"–  {escape(name)}  {escape(words.sentences['chart_out'])}")
            continue
        row = f"{option.rank}  {name}  {points(option.value):>3}  {bar(option.first)} {share(option.first, words)}"
        lines.append(f"**{row}**" if option.id == advice.recommended else row)
    return "\\\n".join(lines)


def bar(first: float) -> str:
    """A share of `LONGEST` blocks, in eighths of a block; something is always seen of what is possible."""
    eighths = round(first * LONGEST * 8) or (1 if first > 0 else 0)
    return FULL * (eighths // 8) + (PARTS[eighths % 8] if eighths % 8 else "")
