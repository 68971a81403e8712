"""The whole interview against local-slack, as a program in a network namespace of its own: `slack_story.py MODE FOLDER SEED`.

With a seed other than 0 the proxy injects faults. Prints the transcript; ends with an error where something is not as expected.
"""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import sys
from pathlib import Path
from typing import Any

from slack_peer import BOT, CHANNEL, ME, OTHER, PROXY, SLACK, Peer
from slack_proxy import Faults, Proxy

from knowledge.load import packaged

KNOWLEDGE = packaged()
WORDS = KNOWLEDGE.words("en").questions
SENTENCES = KNOWLEDGE.words("en").sentences
ANSWERS = {
    "data": "Public", "ip": "None", "access": "No", "distressing": "No", "volume": "20,000", "minutes": "1.5", "demand": "Steady",
    "hourly_cost": "28 USD", "accuracy": "95", "months": "24",
}  # fmt: skip
FAULTY = Faults(limited=0.05, failed_before=0.04, failed_after=0.05, duplicated=0.2, cut=0.04, late=0.1)


class Story:
    def __init__(self, peer: Peer) -> None:
        self.peer, self.thread, self.seen = peer, "", ""
        self.controls: set[str] = set()

    async def asked(self) -> tuple[str, dict[str, Any]]:
        """The question that came last, and its id; "summary" for the summary."""
        wanted = {words.ask: id for id, words in WORDS.items()} | {
            "What you told me": "summary",
            "hardly go together": "conflict",
        }

        async def found() -> tuple[str, dict[str, Any]] | None:
            for message in reversed(await self.peer.messages(CHANNEL, self.thread)):
                if message["ts"] <= self.seen or message["user"] == ME:
                    continue
                for text, id in wanted.items():
                    if text in message["text"]:
                        return id, message
            return None

        id, message = await self.peer.until(found, f"a question after {self.seen}")
        self.seen = message["ts"]
        self.peer.told.append(f"advisor: {message['text']}")
        return id, message

    async def answer(self, id: str, message: dict[str, Any], number: int) -> None:
        """Answer by whatever control there is, and now and then in words."""
        types = {element["type"] for block in message["blocks"] if block["type"] == "actions" for element in block["elements"]}
        self.controls |= types
        question = KNOWLEDGE.questions[id]
        labels = {choice: WORDS[id].choices[choice].label for choice in question.choices}
        if question.type == "ranking":
            await self.rank(message)
        elif labels:
            label = ANSWERS.get(id, next(iter(labels.values())))
            label = label if label in labels.values() else next(iter(labels.values()))
            if number % 4 == 3:
                await self.peer.say(label, CHANNEL, self.thread)
            else:
                await self.peer.click(message, label, CHANNEL)
                await self.settled(message["ts"])
        elif question.type == "percent":
            await self.peer.click(message, "95 %", CHANNEL)
            await self.settled(message["ts"])
        else:
            await self.peer.say(ANSWERS.get(id, "12"), CHANNEL, self.thread)

    async def rank(self, message: dict[str, Any]) -> None:
        shorts = [KNOWLEDGE.words("en").criteria[item].short for item in ("quality", "cost", "flexibility")]
        for i, short in enumerate(shorts):
            message = await self.now(message["ts"], lambda m, n=i: n == 0 or ("So far" in m["text"] and _count(m) == 4 - n))
            await self.peer.click(message, short, CHANNEL)
        self.controls.add("ranking")
        await self.settled(message["ts"])

    async def now(self, ts: str, ready: Any) -> dict[str, Any]:
        async def found() -> dict[str, Any] | None:
            return next((m for m in await self.peer.messages(CHANNEL) if m["ts"] == ts and ready(m)), None)

        message: dict[str, Any] = await self.peer.until(found, f"message {ts} as expected")
        return message

    async def settled(self, ts: str) -> None:
        """A click rewrites the message to the choice and takes its buttons away."""
        message = await self.now(ts, lambda m: m["text"].startswith("✔"))
        assert all(block["type"] != "actions" for block in message["blocks"])

    async def interview(self) -> None:
        peer = self.peer
        self.thread = await peer.say("<@UBOT1> Something piles up here, <!channel> *please* advise")
        id, message = await self.asked()
        assert id == "perspective", id
        await peer.click(message, "Why?", CHANNEL)
        await peer.answered(CHANNEL, self.thread, "Why I ask")
        id, message = await self.asked()
        await peer.click(message, "I buy", CHANNEL, user=OTHER)
        await peer.until(lambda: self.whispered("belongs to the person"), "a whisper to the other")
        await peer.say("nice weather", CHANNEL, self.thread, user=OTHER)
        await peer.click(message, "I buy", CHANNEL)
        await self.settled(message["ts"])
        id, message = await self.asked()
        await peer.click(message, "Back", CHANNEL)
        id, message = await self.asked()
        assert id == "perspective", id
        await peer.say("I buy", CHANNEL, self.thread)
        for number in range(40):
            id, message = await self.asked()
            if id == "summary":
                break
            if id == "conflict":
                await peer.click(message, "Both are right", CHANNEL)
                continue
            if number == 8:
                await peer.say("change the kind of work", CHANNEL, self.thread)
                await self.now(message["ts"], lambda m: m["text"].startswith("Left open"))
                continue
            await self.answer(id, message, number)
            if number == 2:
                await self.killed()
        assert {"button", "static_select", "overflow", "ranking"} <= self.controls, self.controls
        await peer.click(message, "Yes, advise me", CHANNEL)

    async def killed(self) -> None:
        """The process dies without a word and comes back; what was answered is answered."""
        self.peer.told.append("(the bot is killed and started again)")
        await self.peer.stop_bot(signal.SIGKILL)
        await start(self.peer)

    async def whispered(self, text: str) -> bool:
        return "chat.postEphemeral" in await self.peer.called() and text in await self.peer.called()

    async def advice(self) -> None:
        peer = self.peer
        card = await peer.answered(CHANNEL, self.thread, "The strongest case against")
        follow_up = await peer.answered(CHANNEL, self.thread, "Sources")
        assert follow_up["ts"] > card["ts"]
        assert not any(mark in str(card["blocks"]) for mark in ("mrkdwn", "<!channel>"))
        picture = await peer.until(lambda: self.file(".png"), "the picture")
        assert picture < card["ts"], (picture, card["ts"])
        for label in ("Change an answer", "What if …", "Compare", "Export"):
            await peer.click(card, label, CHANNEL)
        await peer.answered(CHANNEL, self.thread, "The options side by side")
        await peer.until(lambda: self.file(".md"), "the export")
        await peer.click(card, "This helped", CHANNEL)
        await peer.click(card, "This helped", CHANNEL)
        await peer.until(lambda: self.kept("SELECT 1 FROM transcript WHERE message = 'helpful'") == [(1,)], "the feedback")
        if not self.peer.faulty:
            await peer.until(lambda: self.whispered("noted already"), "a word on the second click")

    async def file(self, ending: str) -> str | None:
        """When the latest file of this kind was posted in the thread."""
        found = [
            m["ts"]
            for m in await self.peer.messages(CHANNEL, self.thread)
            for f in m.get("files", [])
            if f["name"].endswith(ending)
        ]
        return max(found, default=None)

    async def revised(self) -> None:
        """An edit and a deletion are in the record, and nothing is answered in the thread."""
        peer = self.peer
        said = next(m for m in await peer.messages(CHANNEL, self.thread) if m["user"] == ME and m["text"] == "I buy")
        before = len(await self.shown())
        peer.told.append("(Ann edits 'I buy' to 'I sell', and later deletes it)")
        await peer.control("/edit-message", channel=CHANNEL, user=ME, ts=said["ts"], text="I sell")
        await peer.until(lambda: self.kept("SELECT 1 FROM transcript WHERE message = 'edited'"), "the edit")
        if not self.peer.faulty:
            await peer.until(lambda: self.whispered("an edit changes no answer"), "a word on the edit")
        await peer.control("/delete-message", channel=CHANNEL, user=ME, ts=said["ts"])
        await peer.until(lambda: self.kept("SELECT 1 FROM transcript WHERE message = 'deleted'"), "the deletion")
        if not self.peer.faulty:  # a whisper that failed twice is not repeated again
            await peer.until(lambda: self.whispered("took your words out"), "a word on the deletion")
        assert len(await self.shown()) == before - 1
        assert self.kept("SELECT count(*) FROM transcript WHERE message != 'tapped' AND text IN ('I buy', 'I sell')") == [(0,)]
        assert self.kept("SELECT value FROM current_answers WHERE question = 'perspective'") == [('"buyer"',)]

    async def shown(self) -> list[dict[str, Any]]:
        """What everybody sees in the thread."""
        return [m for m in await self.peer.messages(CHANNEL, self.thread) if m.get("subtype") != "ephemeral"]

    def kept(self, query: str) -> list[Any]:
        with sqlite3.connect(self.peer.folder / "advisor.db") as db:
            return db.execute(query).fetchall()

    async def rest(self) -> None:
        """App Home, commands, and the form with an error in it."""
        peer = self.peer
        await peer.control("/open-home", user=ME)
        await peer.until(lambda: "home:start" in str(peer.home), "App Home")
        for text, reply in (
            ("help", "/advise list"),
            ("nonsense", "/advise list"),
            ("list", "Your advisories"),
            ("cancel", "no unfinished"),
        ):
            await peer.control("/command", channel=CHANNEL, user=ME, command="/advise", text=text, appId="A1")
            if peer.mode == "socket":
                await peer.until(lambda wanted=reply: wanted in str(peer.pushed), f"/advise {text}")
        await peer.control("/command", channel=CHANNEL, user=ME, command="/advise", text="form", appId="A1")
        await peer.until(lambda: peer.pushes("view"), "the form")
        filled = {
            "volume": _typed("a few"),
            "minutes": _typed("2"),
            "data": {"value": {"type": "static_select", "selected_option": {"value": "public"}}},
        }
        await peer.submit(ME, filled)
        errors = await peer.until(lambda: peer.pushes("view_errors"), "errors at the fields")
        assert "volume" in str(errors) and "minutes" not in str(errors[0]["errors"]), errors
        await peer.submit(ME, filled | {"volume": _typed("20k")})
        await peer.until(lambda: self.answers(2, 3), "the answers of the form")
        await self.from_home()

    async def from_home(self) -> None:
        """Open, export, run again, and a transcript as a file."""
        peer = self.peer
        ((first,),) = self.kept("SELECT id FROM conversations ORDER BY started_at LIMIT 1")
        for action in ("home:open", "home:export", "home:again"):
            peer.home = {}
            peer.told.append(f"U1 clicks [{action}] in App Home")
            await self.home(action, first)
            await peer.until(lambda: "blocks" in str(peer.home), f"App Home after {action}")
        await peer.until(lambda: self.answers(3, 10), "a new interview with the old answers")
        await peer.control("/command", channel=CHANNEL, user=ME, command="/advise", text=f"show {first}", appId="A1")
        direct = (await peer.until(lambda: self.direct(), "direct messages"))["id"]
        await peer.until(lambda: self.transcript(direct, f"{first}.md"), "the transcript as a file")

    async def home(self, action: str, value: str) -> None:
        """Click in App Home, as local-slack's page does."""
        button = {"type": "button", "action_id": action, "block_id": f"home:{value}", "value": value}
        where = {"t": "block_action", "channel": "", "messageTs": "", "user": ME, "appId": "A1"}
        await self.peer.ui.send_json(where | {"action": button})

    async def direct(self) -> dict[str, Any] | None:
        async with self.peer.http.get(f"{self.peer.url}/_control/state") as answer:
            channels = (await answer.json())["channels"]
        return next((each for each in channels if each.get("is_im") and ME in each["members"]), None)

    async def transcript(self, channel: str, name: str) -> bool:
        return any(f["name"] == name for m in await self.peer.messages(channel) for f in m.get("files", []))

    def answers(self, interviews: int, wanted: int) -> bool:
        """Whether so many interviews have answers, and the latest so many of them."""
        rows = self.kept("SELECT count(*) FROM current_answers GROUP BY conversation ORDER BY min(at)")
        return len(rows) == interviews and rows[-1][0] >= wanted


def _typed(text: str) -> dict[str, Any]:
    return {"value": {"type": "plain_text_input", "value": text}}


def _count(message: dict[str, Any]) -> int:
    return (
        sum(
            element["type"] == "button"
            for block in message["blocks"]
            if block["type"] == "actions"
            for element in block["elements"]
        )
        - 1
    )


async def start(peer: Peer) -> None:
    """Start the bot and wait until it hears."""
    before = peer.log().count("has been established") + peer.log().count('"listening"')
    peer.start_bot()
    wanted = before + (2 if peer.mode == "socket" else 1)
    await peer.until(
        lambda: peer.log().count("has been established") + peer.log().count('"listening"') >= wanted, "the bot listens"
    )


def exactly_once(folder: Path) -> None:
    """Nothing was answered twice, no message was taken twice, nothing was set aside."""
    with sqlite3.connect(folder / "advisor.db") as db:
        heard = db.execute("SELECT count(*), count(DISTINCT raw) FROM inbox WHERE raw != ''").fetchone()
        odd = db.execute("SELECT why, raw FROM inbox WHERE status = 'aside'").fetchall()
        refused = db.execute("SELECT kind, why FROM outbox WHERE status = 'closed' AND why != 'nothing to edit'").fetchall()
    assert heard[0] == heard[1], heard
    assert not odd, odd
    assert not refused, refused


async def main(mode: str, folder: Path, seed: int) -> None:
    faults = FAULTY if seed else Faults()
    target = f"http://127.0.0.1:{BOT}/slack/events"
    async with Proxy(f"http://127.0.0.1:{SLACK}", PROXY, target, faults, seed) as proxy, Peer(folder, mode) as peer:
        peer.faulty = bool(seed)
        story = Story(peer)
        try:
            await start(peer)
            await story.interview()
            await story.advice()
            await story.revised()
            await story.rest()
        finally:
            print("\n".join(peer.told))
            print(f"faults (seed {seed}): {dict(proxy.injected)}")
        assert await peer.stop_bot(signal.SIGTERM) == 0, peer.log()[-2000:]
        exactly_once(folder)
        assert "Traceback" not in peer.log(), peer.log()[-3000:]


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))
