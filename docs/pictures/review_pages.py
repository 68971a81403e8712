"""Draws the pictures of the web review for README and docs: a few advisories, shown by `advisor review` to headless Chromium.

.venv/bin/python docs/pictures/review_pages.py
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parents[1] / "tests"), str(HERE.parents[1] / "tests" / "review")]

from review_site import Served  # noqa: E402  after the path

from bot.archive import Archive  # noqa: E402
from bot.review import outcome, review  # noqa: E402
from talks import OPERATOR, Talks  # noqa: E402

ASKED: list[tuple[str, str, dict[str, object]]] = [
    ("slack:T024BE7LD:U061F7AUR", "We tag about 20,000 product photos a month for our web shop", {"oversight": "none"}),
    ("telegram:bot:4411", "Typing up dictations of doctors", {"kind": "transcription", "data": "regulated"}),
    ("slack:T024BE7LD:U02PQ7", "Answering questions of customers by mail", {"kind": "customer_support", "data": "personal"}),
    ("console:local:you", "Checking comments under our articles", {"kind": "moderation", "volume": {"status": "dont_know"}}),
    ("slack:T024BE7LD:U08ZX1", "Entry of supplier invoices", {"kind": "finance_accounting", "data": "internal"}),
    ("telegram:bot:5120", "Subtitles for training videos", {"kind": "transcription", "turnaround": "days"}),
]
DAY = 86_400_000


def made(path: Path) -> Talks:
    """The advisories of the pictures."""
    talks = Talks(path)
    talks.time = 1_795_000_000_000
    for number, (person, words, stated) in enumerate(ASKED):
        talks.advised(f"p{number}", person=person, words=words, **stated)
        if number == 0:
            talks.send("p0", person=person, text="is microlabor secure?")
        talks.time += DAY
    for number, words in enumerate(("Sorting of returned parcels", "Translating manuals")):
        talks.send(f"q{number}", person="slack:T024BE7LD:U061F7AUR", fresh=True)
        talks.send(f"q{number}", person="slack:T024BE7LD:U061F7AUR", text=words)
    archive = Archive(path)
    review(archive, OPERATOR, "case-0002", "right", "In line with the health rules.", "Rita", flag=False)
    review(archive, OPERATOR, "case-0004", "doubtful", "The volume should have been asked again.", "Rita", flag=True)
    outcome(archive, OPERATOR, "case-0002", "in_house", "Kept, with two more typists.")
    outcome(archive, OPERATOR, "case-0006", "crowd_vendor", "A pilot of 500 videos went well.")
    with archive.writer.transaction():  # all were driven as the terminal drives them
        archive.writer.connection.execute("UPDATE conversations SET platform = substr(person, 1, instr(person, ':') - 1)")
    archive.close()
    return talks


WIDE, PHONE = {"width": 1280, "height": 860}, {"width": 360, "height": 740}
SHOTS = (
    ("review_list", "/", "", WIDE, "light"),
    ("review_search", "/?q=photos", "", WIDE, "light"),
    ("review_conversation", "/advisory/case-0001", "event-0-2", WIDE, "light"),
    ("review_advice_dark", "/advisory/case-0001", "event-3-2", WIDE, "dark"),
    ("review_statistics", "/statistics", "", WIDE, "light"),
    ("review_phone", "/advisory/case-0001", "event-1", PHONE, "light"),
)


def main() -> None:
    """Draw them all."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        talks = made(Path(folder) / "a.db")
        served = Served(talks.path)
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        try:
            draw(browser, served)
        finally:
            browser.close()
            served.close()
            talks.close()


def draw(browser: Browser, served: Served) -> None:
    """One picture for each page."""
    context = browser.new_context()
    context.new_page().goto(served.link)
    state = context.storage_state()
    for name, path, top, size, theme in SHOTS:
        context = browser.new_context(
            storage_state=state, base_url=served.address, viewport=size, color_scheme=theme, reduced_motion="reduce"
        )
        page = context.new_page()
        page.goto(path)
        if top:
            page.evaluate("id => document.getElementById(id).scrollIntoView()", top)
        page.wait_for_load_state("networkidle")
        page.screenshot(path=HERE / f"{name}.png")
        context.close()


if __name__ == "__main__":
    main()
