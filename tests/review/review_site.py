"""The review pages of a real database: asked in this process for most tests, served by a real process for the browser."""

import asyncio
import os
import re
import subprocess
import sys
import threading
from html.parser import HTMLParser
from pathlib import Path

import httpx

from adapters.review.app import build
from adapters.review.desk import Desk
from bot.archive import Viewer
from talks import BASE, OPERATOR

ANN, BOB, RITA = "slack:T1:UANN", "slack:T1:UBOB", "slack:T1:URITA"
_FIELD = re.compile(r'name="csrftoken" value="([^"]+)"')


class Site:
    """The application of a database, and browsers without pictures that ask it."""

    def __init__(self, path, today=BASE, reviewers=(RITA,), **desk):
        self.path, self.desk = Path(path), Desk(Path(path), today, reviewers, **desk)
        self.app, self.datasette = build(self.desk)
        self.loop = asyncio.new_event_loop()
        self.wait(self.datasette.invoke_startup())

    def wait(self, what):
        return self.loop.run_until_complete(what)

    def visitor(self, viewer=None, base_url="http://localhost"):
        """Somebody who is signed in as `viewer` by a link, or a stranger."""
        found = Visitor(self, base_url)
        if viewer is not None:
            found.get(f"/sign-in?token={self.desk.sessions.link(viewer)}")
        return found

    @property
    def operator(self):
        return self.visitor(OPERATOR)

    def person(self, id):
        return self.visitor(Viewer(id, id in self.desk.reviewers, id))

    def audit(self):
        rows = "SELECT viewer, conversation, did FROM access_audit ORDER BY id"
        return self.wait(self.desk.run(lambda library: library.archive.store.connection.execute(rows).fetchall()))

    def close(self):
        for database in self.datasette.databases.values():
            database.close()
        self.datasette.executor.shutdown()
        self.desk.close()
        self.loop.close()


class Visitor:
    """One browser: keeps cookies, follows nothing by itself."""

    def __init__(self, site, base_url):
        self.site = site
        transport = httpx.ASGITransport(site.app, raise_app_exceptions=True)
        self.client = httpx.AsyncClient(transport=transport, base_url=base_url)

    def get(self, path, **options):
        return self.site.wait(self.client.get(path, **options))

    def post(self, path, token=True, **form):
        """Send a form with its token, which any page holds."""
        if token:
            form["csrftoken"] = self.token()
        return self.site.wait(self.client.post(path, data=form))

    def token(self):
        return _FIELD.search(self.get("/sign-in").text + self.get("/statistics").text)[1]

    def page(self, path):
        """A page as a person sees it, after redirections."""
        answer = self.site.wait(self.client.get(path, follow_redirects=True))
        return Page(answer.text, answer.status_code, str(answer.url))


class Page(HTMLParser):
    """Tags, attributes, links and visible text of a page."""

    def __init__(self, html, status=200, url=""):
        super().__init__()
        self.html, self.status, self.url = html, status, url
        self.tags, self.attributes, self.links, self.words = [], set(), [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value for name, value in attrs if name in ("href", "src", "srcset", "action") and value]

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


class Served:
    """`advisor review` as a process of its own, on a free port."""

    def __init__(self, database, *options, **settings):
        env = {name: value for name, value in os.environ.items() if not name.startswith("ADVISOR_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "adapters.cli", "review", "--db", str(database), "--no-browser", *options],
            env={**env, "ADVISOR_REVIEW_PORT": "0", **settings},
            cwd=Path(database).parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.errors = []
        self._drain = threading.Thread(target=lambda: self.errors.extend(self.process.stderr), daemon=True)
        self._drain.start()
        self.link = next(found[0] for line in self.process.stdout if (found := re.search(r"http\S+token=\S+", line)))
        self.address = self.link.partition("/sign-in")[0]

    def close(self):
        self.process.terminate()
        self.process.wait(20)
        self._drain.join(20)
        self.process.stdout.close()
        self.process.stderr.close()
