"""Draws pictures of the example advices, as the chats send them. A test keeps them true. Run: python docs/pictures/advice.py"""

from pathlib import Path

from bot.advice.report import advise
from bot.answer_file import read_file
from bot.chart import Picture, Theme, Which, draw
from knowledge.load import packaged

HERE = Path(__file__).parent
SHOWN: tuple[tuple[str, Which, Theme], ...] = (
    ("clear", "options", "light"),
    ("close", "options", "light"),
    ("close", "options", "dark"),
    ("close", "money", "light"),
    ("split", "options", "light"),
)


def drawn() -> dict[Path, Picture]:
    """Every picture with the file that shows it."""
    base = packaged()
    found = {}
    for example, which, theme in SHOWN:
        advice = advise(read_file(HERE.parent / "examples" / f"{example}.yaml", base).answers, base)
        advice = advice.model_copy(update={"knowledge_version": "example"})  # the version changes with every word of the base
        found[HERE / f"advice-{example}-{which}-{theme}.png"] = draw(advice, base, "en", which, theme)
    return found


if __name__ == "__main__":
    for path, picture in drawn().items():
        path.write_bytes(picture.png)
