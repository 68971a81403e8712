"""`advisor advise`: advice for an answer file, as text or data, with a picture or a memo beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from adapters.cli import FAILED, as_json_option, emit, knowledge_base, spoken, stop
from bot.answers import Answer

if TYPE_CHECKING:
    from bot.advice.advice import Advice
    from bot.chart import Theme, Which
    from knowledge.model import Knowledge


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@as_json_option
@click.option(
    "--format", "form", type=click.Choice(["text", "md", "html", "json"]), default="text", help="How to print the advice."
)
@click.option(
    "--what-if", "supposed", multiple=True, metavar="ID=VALUE", help="Advise on a copy with this answer instead; repeatable."
)
@click.option("--chart", type=click.Path(path_type=Path), help="Draw the advice into this file: .png or .svg.")
@click.option(
    "--picture",
    type=click.Choice(["options", "money"]),
    default="options",
    help="Which picture --chart draws.",
    show_default=True,
)
@click.option("--theme", type=click.Choice(["light", "dark"]), default="light", help="Colours of the picture.", show_default=True)
@click.option("--memo", type=click.Path(path_type=Path), help="Write the decision memo into this file: .md or .html.")
@click.option("--lang", default=None, help="Language of the words (default: ADVISOR_LANG).")
def advise(
    file: Path,
    as_json: bool,
    form: str,
    supposed: tuple[str, ...],
    chart: Path | None,
    picture: Which,
    theme: Theme,
    memo: Path | None,
    lang: str | None,
) -> None:
    """Advice for an answer file, without a conversation. Nothing is stored."""
    from bot.advice.report import advise as advice_of
    from bot.answer_file import Invalid, read_file

    base = knowledge_base()
    language = spoken(base, lang)
    try:
        filled = read_file(file, base)
    except Invalid as error:
        stop(*error.problems)
    answers = {**filled.answers, **_supposed(supposed, base)}
    advice = advice_of(_counting(answers, base), base, language, filled.figures, filled.swing)
    if chart is not None:
        _draw(advice, base, language, chart, picture, theme)
    if memo is not None:
        from adapters.cli_memo import memo_file

        memo_file(advice, base, language, memo)
    if as_json or form == "json":
        emit(advice.as_json())
    else:
        from bot.page import render

        header = ""
        if supposed:
            before = advice_of(_counting(filled.answers, base), base, language, filled.figures, filled.swing)
            header = (
                base.words(language).sentences["what_if_header"].format(changes=", ".join(supposed), headline=before.headline)
            )
        click.echo(render(advice, base, language, form, header))


def _draw(advice: Advice, base: Knowledge, language: str, path: Path, which: Which, theme: Theme) -> None:
    """A picture into a file. Ends with what is wrong if it cannot be."""
    from bot.chart import NoPicture, draw

    if path.suffix.lower() not in (".png", ".svg"):
        stop(f"--chart {path}: expected a file name that ends in .png or .svg")
    try:
        drawn = draw(advice, base, language, which, theme)
        path.write_bytes(drawn.png if path.suffix.lower() == ".png" else drawn.svg.encode())
    except NoPicture as error:
        click.echo(f"--chart {path}: {error}; give 'minutes' in the answer file, or draw --picture options", err=True)
    except ValueError:
        stop(f"--chart {path}: the picture could not be drawn; `advisor advise` without it still tells the advice", code=FAILED)
    except OSError as error:
        stop(f"--chart {path}: {error.strerror or error}; choose another place")


def _counting(answers: dict[str, Answer], base: Knowledge) -> dict[str, Answer]:
    from bot.case import effective

    return dict(effective(base, answers))


def _supposed(pairs: tuple[str, ...], base: Knowledge) -> dict[str, Answer]:
    """`--what-if` values, read like those of an answer file."""
    from bot.answer_file import Invalid, read_value

    found: dict[str, Answer] = {}
    problems = []
    for pair in pairs:
        id, equals, value = pair.partition("=")
        if not equals or id in found:
            wrong = "given twice; keep one" if equals else "expected ID=VALUE, such as volume=500"
            problems.append(f"--what-if {pair}: {wrong}")
            continue
        try:
            found[id] = read_value(id, value, f"--what-if {pair}", base)
        except Invalid as error:
            problems += error.problems
    if problems:
        stop(*problems)
    return found
