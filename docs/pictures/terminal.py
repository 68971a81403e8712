"""A picture of a real terminal session: `advisor chat` in tmux, its screen drawn by rich and photographed by Chromium.

Needs tmux and chromium. Run: python docs/pictures/terminal.py
"""

import io
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.text import Text

HERE = Path(__file__).parent
COLUMNS, ROWS = 112, 46
SESSION = "advisor-picture"
SAID = (
    "we tag about 200k product photos a month for our web shop, half a minute each, no personal data, want it cheap and quick",
    "yes",
    "advise now",
)


def tmux(*words: str) -> str:
    """What tmux answers."""
    return subprocess.run(["tmux", *words], check=True, capture_output=True, text=True).stdout


def screen() -> str:
    """The lines of the session with their colours."""
    return tmux("capture-pane", "-t", SESSION, "-p", "-e", "-S", "-")


def session(folder: Path) -> str:
    """Hold the conversation and return the whole screen."""
    advisor = Path(sys.executable).with_name("advisor")
    tmux("new-session", "-d", "-s", SESSION, "-x", str(COLUMNS), "-y", str(ROWS), f"{advisor} chat --db {folder / 'advisor.db'}")
    try:
        for line in SAID:
            settled()
            tmux("send-keys", "-t", SESSION, "-l", line)
            tmux("send-keys", "-t", SESSION, "Enter")
        settled()
        return screen()
    finally:
        tmux("kill-session", "-t", SESSION)


def settled() -> None:
    """Wait until the screen has shown something and stands still."""
    before, calm = "", 0
    for _ in range(300):
        time.sleep(0.2)
        now = screen()
        calm = calm + 1 if now == before and now.strip() else 0
        before = now
        if calm == 8:
            return


def main() -> None:
    """Write `terminal.png` beside this file."""
    with tempfile.TemporaryDirectory() as folder:
        lines = session(Path(folder)).splitlines()
    start = next(number for number, line in enumerate(lines) if SAID[0][:40] in line)
    console = Console(record=True, width=COLUMNS, file=io.StringIO())
    for line in lines[start : start + 64]:
        console.print(Text.from_ansi(line), soft_wrap=True)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1000, "height": 900})
        page.set_content(f'<body style="margin:0">{console.export_svg(title="advisor chat")}</body>')
        page.locator("svg").first.screenshot(path=HERE / "terminal.png")
        browser.close()


if __name__ == "__main__":
    main()
