"""Pictures of the advisor in Slack, taken of local-slack's page in headless Chromium: `python docs/pictures/slack_page.py`.

Needs what the end-to-end test of Slack needs (npm, `unshare -rn`, since local-slack listens on all interfaces) and playwright
with a Chromium, whose path CHROMIUM names. local-slack's page draws no rich_text blocks; `rich_text.js` fills them in from the
blocks that were posted. With pngquant installed the files become a third as large.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT / "tests" / "slack"), str(ROOT / "tests"), str(ROOT)]

from playwright.async_api import Page, async_playwright  # noqa: E402  the path is set above
from slack_peer import BOT, CHANNEL, ME, PROXY, SLACK, Peer  # noqa: E402
from slack_proxy import Faults, Proxy  # noqa: E402
from slack_story import Story, start  # noqa: E402

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
SAID = (
    "<@UBOT1> We tag 20,000 product photos a month for our online shop, about 1.5 minutes each."
    " The photos are public, and an hour of this work costs us 28 dollars."
)
WIDTH, HEIGHT = 1000, 900
STYLE = """
.topbar, .sidebar, .composer, .msg-hover-actions, .thread-head { display: none !important; }
.thread-pane { width: 100% !important; flex: none !important; }
body.thread .main { display: none !important; }
body { font-family: Lato, Helvetica, Arial, sans-serif; }
"""
DRAW = (HERE / "rich_text.js").read_text()


class Gallery:
    """local-slack's page as Ann sees it, and the pictures taken of it."""

    def __init__(self, page: Page, peer: Peer) -> None:
        self.page, self.peer = page, peer

    async def open(self) -> None:
        await self.page.goto(f"http://127.0.0.1:{SLACK}/")
        await self.page.click(".thread-summary")
        await self.page.add_style_tag(content=STYLE)
        await self.page.evaluate("document.body.classList.add('thread')")

    async def taken(self, name: str, first: str, last: str | None = None) -> None:
        """A picture of the thread from one message to another."""
        thread = await self.peer.messages(CHANNEL, None)
        where = {m["ts"]: f'.thread-body .msg[data-ts="{m["ts"]}"]' for m in thread}
        await self.page.locator(where[last or first]).wait_for()
        await self.page.evaluate(DRAW, {where[m["ts"]]: m.get("blocks") or [] for m in thread})
        await self.page.set_viewport_size({"width": WIDTH, "height": 6 * HEIGHT})
        await asyncio.sleep(0.5)
        top = await self.page.locator(where[first]).bounding_box()
        end = await self.page.locator(where[last or first]).bounding_box()
        assert top is not None and end is not None
        clip = {"x": 0.0, "y": top["y"] - 8, "width": float(WIDTH), "height": end["y"] + end["height"] - top["y"] + 16}
        await self._written(name, await self.page.screenshot(clip=clip))

    async def home(self) -> None:
        """App Home."""
        await self.page.evaluate("document.body.classList.remove('thread')")
        await self.page.locator(".sidebar-item", has_text="advisor").evaluate("node => node.click()")
        await self.page.wait_for_selector(".home-inner button")
        await self.page.set_viewport_size({"width": WIDTH, "height": 620})
        await asyncio.sleep(0.5)
        await self._written("home", await self.page.screenshot())

    async def _written(self, name: str, png: bytes) -> None:
        path = HERE / f"slack_{name}.png"
        path.write_bytes(png)
        if shutil.which("pngquant"):
            subprocess.run(["pngquant", "--force", "--output", path, "64", path], check=True)
        print(path.name, path.stat().st_size)


async def pictures(folder: Path) -> None:
    """Hold an interview, and take a picture of each of its stages."""
    target = f"http://127.0.0.1:{BOT}/slack/events"
    async with (
        Proxy(f"http://127.0.0.1:{SLACK}", PROXY, target, Faults(), 0),
        Peer(folder, "socket") as peer,
        async_playwright() as playwright,
    ):
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = await browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        await start(peer)
        story, gallery = Story(peer), Gallery(page, peer)
        story.thread = await peer.say(SAID)
        understood = await peer.answered(CHANNEL, story.thread, "20,000")
        await gallery.open()
        await gallery.taken("understood", story.thread, understood["ts"])
        await peer.click(understood, "Right", CHANNEL)
        await interview(story, gallery)
        await peer.control("/open-home", user=ME)
        await peer.until(lambda: "home:start" in str(peer.home), "App Home")
        await gallery.home()
        await browser.close()


async def interview(story: Story, gallery: Gallery) -> None:
    """Answer until the advice."""
    peer, before = story.peer, ""
    for number in range(40):
        id, message = await story.asked()
        if id == "summary":
            await gallery.taken("summary", message["ts"])
            await peer.click(message, "Yes, advise me", CHANNEL)
            break
        if number == 2:
            await gallery.taken("question", before, message["ts"])
        before = message["ts"]
        await story.answer(id, message, number)
    card = await peer.answered(CHANNEL, story.thread, "The strongest case against")
    picture = str(await peer.until(lambda: story.file(".png"), "the picture"))
    await gallery.taken("picture", picture)
    await gallery.taken("card", card["ts"])


if __name__ == "__main__":
    if "--inside" in sys.argv:
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(pictures(Path(folder)))
    else:
        subprocess.run([ROOT / "tests" / "slack" / "local_slack.sh"], check=True, stdout=subprocess.DEVNULL)
        again = f'ip link set lo up; exec "{sys.executable}" "{__file__}" --inside'
        sys.exit(subprocess.run(["unshare", "-rn", "sh", "-c", again], check=False).returncode)
