"""The product against gramlab 0.1.0a2, a Bot API server by others (polling only).

    unshare -rn sh -c 'ip link set lo up && exec python tests/telegram/gramlab_peer.py FOLDER_OF_GRAMLAB'

It refuses `parse_mode`, `link_preview_options` and menus, so a small proxy before it takes those out; all else reaches it as
the product sent it: fetching and confirming, texts, keyboards, taps, edits, files. Prints what was seen, ends with 1 if it is
wrong.
"""

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import types
import urllib.error
import urllib.request
from collections import Counter
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

if __name__ == "__main__":
    # The package's own first file also loads its scenario language, the one module that needs Python 3.13.
    package = types.ModuleType("gramlab")
    package.__path__ = [f"{sys.argv[1]}/gramlab"]
    sys.modules["gramlab"] = package
    sys.path.append(sys.argv[1])

from gramlab.bot_api import BotAPIServer
from gramlab.world import World

HERE = Path(__file__).resolve().parent
ROUND = {"Don't know", "Skip", "Why?", "Back", "Advise now"}
REFUSED = {"parse_mode", "link_preview_options"}


class Proxy(BaseHTTPRequestHandler):
    """Takes out what gramlab does not know, and counts what it answers."""

    target = ""
    seen: ClassVar[Counter] = Counter()

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        kind = self.headers.get("Content-Type") or "application/json"
        if kind.startswith("application/json"):
            fields = json.loads(body)
            if fields.get("parse_mode") == "HTML":
                fields["text"] = unescape(re.sub(r"<[^>]+>", "", fields["text"]))
            body = json.dumps({name: value for name, value in fields.items() if name not in REFUSED}).encode()
        elif found := re.search(r"boundary=(\S+)", kind):
            mark = b"--" + found[1].encode()
            body = mark.join(part for part in body.split(mark) if not any(f'name="{name}"'.encode() in part for name in REFUSED))
        request = urllib.request.Request(self.target + self.path, body, {"Content-Type": kind})
        try:
            with urllib.request.urlopen(request, timeout=70) as answer:
                status, content = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, content = error.code, error.read()
        self.seen[f"{self.path.rpartition('/')[2]} {status}"] += 1
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        with contextlib.suppress(ConnectionError):  # the bot ended its long poll
            self.wfile.write(content)

    def log_message(self, *_):
        """Quiet."""


class Person:
    """Somebody in gramlab's world, who reads and answers."""

    def __init__(self, world, user, chat):
        self.world, self.user, self.chat, self.steps = world, user, chat, 0

    def say(self, text):
        self.steps += 1
        self.world.send_client_message(user_id=self.user, chat_id=self.chat, request_id=f"s{self.steps}", text=text)

    def tap(self, message, data):
        self.steps += 1
        self.world.create_callback(
            user_id=self.user, chat_id=self.chat, message_id=message["id"], data=data, request_id=f"t{self.steps}"
        )

    def asked(self):
        """The newest text of the bot that has buttons, and these."""
        for message in reversed(self.world.history(self.chat)):
            rows = (message.get("reply_markup") or {}).get("inline_keyboard")
            if message["sender_id"] != self.user and rows and "photo" not in message:
                return message, {button["text"]: button["callback_data"] for row in rows for button in row}
        return None, {}

    def state(self):
        """What is asked, to see when it changes; None while nothing is."""
        message, buttons = self.asked()
        return (message["id"], json.dumps(buttons)) if message else None

    def wait(self, condition):
        for _ in range(600):
            if condition():
                return
            time.sleep(0.05)
        raise SystemExit(
            f"nothing came; the last messages: {[m.get('text', '')[:80] for m in self.world.history(self.chat)[-3:]]}"
        )

    def interview(self):
        self.say("/start")
        self.wait(lambda: self.asked()[0] is not None)
        for _ in range(40):
            message, buttons = self.asked()
            if "Export" in buttons:
                return message
            before, label = json.dumps(buttons), next((label for label in buttons if label not in ROUND), None)
            if label is None:
                self.say("We tag photos of products for a shop")
            else:
                self.tap(message, buttons[label])
            self.wait(lambda was=(message["id"], before): self.state() not in (None, was))
        raise SystemExit("no advice after 40 answers")

    def export(self, advice):
        """Ask for the advice as a file, and see it arrive."""
        self.tap(advice, self.buttons(advice)["Export"])
        self.wait(lambda: "JSON" in self.asked()[1])
        message, buttons = self.asked()
        self.tap(message, buttons["JSON"])
        self.wait(lambda: self.files())

    def files(self):
        """The names of the files that the bot sent."""
        sent = [m["document"] for m in self.world.history(self.chat) if m.get("document")]
        return [self.world.document_descriptor(each["document_id"])["file_name"] for each in sent]

    def buttons(self, message):
        """What a message offers."""
        return {button["text"]: button["callback_data"] for row in message["reply_markup"]["inline_keyboard"] for button in row}


def main():
    folder = Path(tempfile.mkdtemp())
    world = World.create(folder / "world", seed=1, now=int(time.time()))
    user = world.create_user(first_name="Ann")["id"]
    bot = world.create_user(first_name="Advisor", is_bot=True, username="SourcingTestBot")["id"]
    chat = world.open_private_chat(user_id=user, bot_id=bot)["id"]
    token = world.issue_bot_token(bot)
    with BotAPIServer(folder / "world") as server:
        Proxy.target = server.base_url
        proxy = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        paths = os.pathsep.join(map(str, (HERE, HERE.parent, HERE.parent.parent)))
        environment = {**os.environ, "TELEGRAM_STUB_TOKEN": token, "PYTHONPATH": paths}
        url = f"http://127.0.0.1:{proxy.server_port}"
        command = [sys.executable, str(HERE / "telegram_child.py"), url, str(folder / "advisor.db"), "polling", "0"]
        child = subprocess.Popen(command, env=environment)
        try:
            person = Person(world, user, chat)
            person.export(person.interview())
            files = person.files()
            seen = dict(Proxy.seen)
        finally:
            child.terminate()
            child.wait(timeout=20)
    settled = [m["text"] for m in world.history(chat) if m.get("text", "").startswith("✔")]
    pictures = [m["caption"].splitlines()[0] for m in world.history(chat) if m.get("photo")]
    print(f"gramlab: an advice after {person.steps} answers, {len(settled)} questions settled, {pictures}, {files}; {seen}")
    wrong = [each for each in seen if not each.endswith("200") and not each.startswith("setMy")]
    sys.exit(f"unexpected answers: {wrong}" if wrong or not settled or not pictures else 0)


if __name__ == "__main__":
    main()
