"""local-slack as a test drives it: a server, a bot process, and a person who writes, clicks, opens Home and fills in forms."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
SLACK, PROXY, BOT = 3100, 3101, 3102
CHANNEL, ME, OTHER, US = "C1", "U1", "U2", "UBOT1"
SECONDS = 60.0

CONFIG = """
workspace: {{id: T1, name: Local, domain: local}}
apps:
  - {{appId: A1, botUserId: UBOT1, botName: advisor, botToken: xoxb-1, appToken: xapp-1, signingSecret: sec1, mode: {mode},
      requestUrl: "http://127.0.0.1:{proxy}/bot"}}
users:
  - {{id: U1, name: ann, real_name: Ann, email: ann@example.org}}
  - {{id: U2, name: bob, real_name: Bob, email: bob@example.org}}
channels:
  - {{id: C1, name: general, members: [U1, U2, UBOT1]}}
"""


class Peer:
    """A running local-slack and a bot that can be killed and started."""

    def __init__(self, folder: Path, mode: str) -> None:
        self.folder, self.mode = folder, mode
        self.url = f"http://127.0.0.1:{SLACK}"
        self.bot: subprocess.Popen[bytes] | None = None
        self.home: dict[str, Any] = {}
        self.pushed: list[dict[str, Any]] = []
        self.told: list[str] = []
        self.faulty = False

    async def __aenter__(self) -> Peer:
        config = self.folder / "local-slack.yaml"
        config.write_text(CONFIG.format(mode="socket" if self.mode == "socket" else "events", proxy=PROXY))
        server = subprocess.check_output([HERE / "local_slack.sh"], text=True).strip()
        with (self.folder / "local-slack.log").open("wb") as log:
            self.server = subprocess.Popen(
                [server, "--config", config, "--port", str(SLACK), "--base-host", "127.0.0.1"], stdout=log, stderr=log
            )
        self.http = aiohttp.ClientSession()
        await self.until(self._up, "local-slack answers")
        self.ui = await self.http.ws_connect(f"{self.url}/ui")
        self.listening = asyncio.ensure_future(self._listen())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop_bot(signal.SIGTERM)
        self.listening.cancel()
        await self.ui.close()
        await self.http.close()
        self.server.terminate()
        self.server.wait(10)

    async def _up(self) -> bool:
        try:
            async with self.http.get(f"{self.url}/_control/state") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    async def _listen(self) -> None:
        async for message in self.ui:
            pushed = json.loads(message.data)
            self.pushed.append(pushed)
            if pushed.get("t") == "home":
                self.home = pushed

    def start_bot(self) -> None:
        environment = os.environ | {
            "PYTHONPATH": str(ROOT),
            "ADVISOR_DB": str(self.folder / "advisor.db"),
            "ADVISOR_LOG": "info",
            "SLACK_BOT_TOKEN": "xoxb-1",
            "SLACK_APP_TOKEN": "xapp-1",
            "SLACK_SIGNING_SECRET": "sec1",
            "SLACK_MODE": self.mode,
            "SLACK_API_URL": f"http://127.0.0.1:{PROXY}/api/",
            "SLACK_HTTP_PORT": str(BOT),
        }
        with (self.folder / "bot.log").open("ab") as log:
            self.bot = subprocess.Popen([sys.executable, HERE / "slack_bot.py"], env=environment, stdout=log, stderr=log)

    async def stop_bot(self, how: signal.Signals) -> int:
        if self.bot is None:
            return 0
        self.bot.send_signal(how)
        code = await asyncio.to_thread(self.bot.wait, 20)
        self.bot = None
        return code

    async def until(self, true: Callable[[], Any], what: str) -> Any:
        """Wait until something holds."""
        for _ in range(int(SECONDS / 0.1)):
            found = true()
            if asyncio.iscoroutine(found):
                found = await found
            if found:
                return found
            await asyncio.sleep(0.1)
        raise AssertionError(f"never happened: {what}\n{self.log()[-3000:]}")

    def log(self) -> str:
        path = self.folder / "bot.log"
        return path.read_text() if path.exists() else ""

    async def control(self, path: str, **body: Any) -> Any:
        async with self.http.post(f"{self.url}/_control{path}", json=body) as answer:
            return await answer.json()

    async def messages(self, channel: str, thread: str | None = None) -> list[dict[str, Any]]:
        async with self.http.get(f"{self.url}/_control/messages/{channel}") as answer:
            found = (await answer.json())["messages"]
        return sorted((m for m in found if thread in (None, m.get("thread_ts"), m["ts"])), key=lambda m: m["ts"])

    async def say(self, text: str, channel: str = CHANNEL, thread: str | None = None, user: str = ME) -> str:
        self.told.append(f"{user}: {text}")
        sent = await self.control("/message", channel=channel, user=user, text=text, **({"thread_ts": thread} if thread else {}))
        return str(sent["message"]["ts"])

    async def click(self, message: dict[str, Any], label: str, channel: str, user: str = ME) -> None:
        """Click a button, or pick an option, by its label."""
        for block in message.get("blocks", []):
            for element in block.get("elements", []) if block["type"] == "actions" else []:
                action = _action(element, block, label)
                if action is not None:
                    self.told.append(f"{user} clicks [{label}]")
                    await self.control("/interact", channel=channel, messageTs=message["ts"], user=user, action=action)
                    return
        raise AssertionError(f"no {label!r} on {json.dumps(message)[:2000]}")

    async def answered(self, channel: str, thread: str | None, having: str, after: str = "") -> dict[str, Any]:
        """The last message of the bot whose text holds this."""

        async def found() -> dict[str, Any] | None:
            ours = [m for m in await self.messages(channel, thread) if m.get("user") == US and m["ts"] > after]
            return next((m for m in reversed(ours) if having in m.get("text", "")), None)

        message: dict[str, Any] = await self.until(found, f"a message with {having!r}")
        self.told.append(f"advisor: {message['text'][:300]}")
        return message

    async def submit(self, user: str, values: dict[str, Any]) -> None:
        """Fill in the open form."""
        await self.ui.send_json({"t": "view_submit", "user": user, "values": values})

    async def called(self) -> str:
        """Everything that local-slack logged, as text."""
        async with self.http.get(f"{self.url}/_control/log") as answer:
            return await answer.text()

    def pushes(self, kind: str) -> list[dict[str, Any]]:
        return [each for each in self.pushed if each.get("t") == kind]


def _action(element: dict[str, Any], block: dict[str, Any], label: str) -> dict[str, Any] | None:
    named = {"type": element["type"], "action_id": element["action_id"], "block_id": block["block_id"]}
    if element["type"] == "button":
        return named | {"value": element["value"], "text": element["text"]} if element["text"]["text"] == label else None
    option = next((each for each in element["options"] if each["text"]["text"] == label), None)
    return named | {"selected_option": option} if option is not None else None
