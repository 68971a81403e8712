"""The `advisor` command. Exit codes: 0 done, 1 failed, 2 wrong usage or invalid input, 3 an interview unfinished."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

import click

from knowledge.load import KnowledgeError, packaged

if TYPE_CHECKING:
    from bot.answers import Value
    from bot.settings import Settings
    from knowledge.model import Knowledge

FAILED, WRONG, UNFINISHED = 1, 2, 3
as_json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
db_option = click.option("--db", type=click.Path(dir_okay=False, path_type=Path), help="The SQLite file (default: ADVISOR_DB).")


def stop(*problems: str, code: int = WRONG) -> NoReturn:
    """Say what is wrong on stderr and end."""
    for problem in problems:
        click.echo(problem, err=True)
    sys.exit(code)


def emit(document: Any) -> None:
    """One JSON document on stdout."""
    from bot.markup import unseen_escaped

    click.echo(unseen_escaped(json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False)))


def settings() -> Settings:
    """The settings, or an end with everything that is wrong with them."""
    from bot.settings import SettingsError, load_settings

    try:
        return load_settings()
    except SettingsError as error:
        stop(*error.problems)


def spoken(base: Knowledge, lang: str | None) -> str:
    """The language to use: the option, else the setting. Ends if there are no words for it."""
    language = lang or settings().advisor_lang
    if language not in base.languages:
        stop(f"{'--lang' if lang else 'ADVISOR_LANG'}: got {language!r}; there are words for {', '.join(base.languages)}")
    return language


def knowledge_base() -> Knowledge:
    """The packaged knowledge base."""
    try:
        return packaged()
    except KnowledgeError as error:
        stop(f"{error}", "run `advisor knowledge check` for every problem", code=FAILED)


class Lazy(click.Group):
    """Commands in modules of their own, imported when they are used: `advisor chat` does not pay for the others."""

    MODULES: ClassVar = {
        "advise": "adapters.cli_advise:advise",
        "backup": "adapters.cli_admin:backup",
        "chat": "adapters.cli_chat:chat",
        "doctor": "adapters.cli_admin:doctor",
        "forget": "adapters.cli_admin:forget",
        "knowledge": "adapters.cli_knowledge:group",
        "review": "adapters.review.command:review",
        "run": "adapters.cli_serve:run",
        "slack": "adapters.cli_serve:slack",
        "telegram": "adapters.cli_serve:telegram",
        "transcripts": "adapters.cli_transcripts:group",
    }

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *self.MODULES})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.MODULES:
            return super().get_command(ctx, cmd_name)
        from importlib import import_module

        module, _, name = self.MODULES[cmd_name].partition(":")
        command = getattr(import_module(module), name)
        return command if isinstance(command, click.Command) else None


def _dashed_text(arg: str) -> bool:
    """Whether an argument with a dash before it can be no option: a space is in it, or a figure follows."""
    return arg.startswith("-") and len(arg) > 1 and (" " in arg or arg[1].isdecimal())


class Reads(click.Command):
    """A command on a text, which may begin with a dash: "-500 a month" is no option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        texts = [arg for arg in args if _dashed_text(arg)] if "--" not in args else []
        return super().parse_args(ctx, [*(arg for arg in args if arg not in texts), *(["--"] if texts else []), *texts])


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sourcing-advisor")
def main() -> None:
    """Advice on how to source a business process: BPO, microlabor, a split, or in-house."""


@main.command(cls=Reads)
@click.argument("text")
@as_json_option
@click.option("--lang", default=None)
def understand(text: str, as_json: bool, lang: str | None) -> None:
    """What free text would fill in: values with the words they came from, and what would be asked."""
    from bot.tell import value as told
    from bot.understand.facts import understand as read

    base = knowledge_base()
    language = spoken(base, lang)
    reading = read(text, base, language)
    if as_json:
        answers = {
            f.question: {**_plain(f.value), "said": f.said, "span": list(f.span), "unsure": f.unsure} for f in reading.facts
        }
        asks = [
            {
                "question": d.question,
                "candidates": [_plain(v)["value"] for v in d.candidates],
                "said": d.said,
                "span": list(d.span),
            }
            for d in reading.doubts
        ]
        emit({"answers": answers, "asks": asks})
        return
    names = base.words(language).questions
    for fact in reading.facts:
        click.echo(f'{names[fact.question].name}: {told(fact.question, fact.value, base, language)}  ("{fact.said}")')
    for doubt in reading.doubts:
        options = " or ".join(told(doubt.question, v, base, language) for v in doubt.candidates)
        click.echo(f'{names[doubt.question].name}: would ask{f" ({options}?)" if options else ""}  ("{doubt.said}")')
    if not reading.facts and not reading.doubts:
        click.echo("Nothing certain enough to fill in.")


def _plain(value: Value) -> dict[str, Any]:
    """A value as JSON; money keeps its currency beside it."""
    from bot.answers import Money

    match value:
        case Money(amount=amount, currency=currency):
            return {"value": amount, "currency": currency}
        case tuple():
            return {"value": [tier[0] if len(tier) == 1 else list(tier) for tier in value]}
        case _:
            return {"value": value}


@main.command()
@click.argument("text")
@as_json_option
@click.option("--lang", default=None)
def ask(text: str, as_json: bool, lang: str | None) -> None:
    """Answer a question about the subject from the knowledge base, or say that it has none."""
    from bot.markup import clean
    from bot.understand.subject import answer

    base = knowledge_base()
    found = answer(text, base, spoken(base, lang))
    sources = [base.sources[id] for id in found.sources]
    if as_json:
        emit(
            {
                "answer": found.answer,
                "claims": list(found.claims),
                "evidence": list(found.evidence),
                "precedents": list(found.precedents),
                "notes": list(found.notes),
                "comparison": {
                    side.option: [{"text": said.text, "fact": said.fact} for said in side.statements] for side in found.comparison
                },
                "sources": [s.model_dump(include={"id", "title", "publisher", "year", "dated", "url"}) for s in sources],
                "declined": found.declined,
                "nearest": list(found.nearest),
            }
        )
        return
    click.echo(clean(found.answer))
    for side in found.comparison:
        click.echo(f"\n{side.name}:")
        for said in side.statements:
            click.echo(f"  {clean(said.text)} ({said.fact})")
    for source in sources:
        click.echo(f"  {source.id}: {source.title}, {source.publisher} ({source.dated}) {source.url}")


if __name__ == "__main__":
    main()
