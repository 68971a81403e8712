"""Drawing for a service: another process renders, the same bytes, and nothing that goes wrong there reaches the conversation."""

import asyncio
import json

import pytest

from bot import drawing
from bot.chart import draw
from bot.drawing import drawn
from bot.logs import configure
from bot.speak import Message
from knowledge.load import packaged
from talks import BASE, Talks


@pytest.fixture
def given(tmp_path):
    configure("critical")
    talks = Talks(tmp_path / "advisor.db")
    id = talks.advised("p1")
    yield talks.store, id, talks.store.latest_advice(id)
    talks.close()


def picture(given, which="options", event=None):
    store, id, advice = given
    message = Message(name="picture", markdown="", picture=event or advice.event_number, which=which)
    return asyncio.run(drawn(store, id, message, BASE, "en"))


@pytest.mark.parametrize("which", ["options", "money"])
def test_another_process_renders_the_same_bytes(given, which):
    from bot.advice.advice import Advice

    here = draw(Advice.from_json(json.loads(given[2].text)), packaged(), "en", which)
    assert picture(given, which) == here


def test_others_run_on_while_a_picture_is_rendered(given):
    async def count():
        turns, going = 0, asyncio.ensure_future(drawn(given[0], given[1], message, BASE, "en"))
        while not going.done():
            turns += 1
            await asyncio.sleep(0.001)
        return turns, going.result()

    message = Message(name="picture", markdown="", picture=given[2].event_number)
    asyncio.run(drawn(given[0], given[1], message, BASE, "en"))
    turns, found = asyncio.run(count())
    assert found is not None and turns > 10


def test_there_is_no_picture_of_an_advice_that_is_gone(given):
    assert picture(given, event=99) is None


@pytest.mark.parametrize("program", ["raise SystemExit(3)", "import os; os.kill(os.getpid(), 9)", "import time; time.sleep(60)"])
def test_a_renderer_that_fails_dies_or_hangs_leaves_no_picture_and_no_process(given, tmp_path, monkeypatch, program):
    fake = tmp_path / "python"
    fake.write_text(f"#!/bin/sh\nexec {drawing.sys.executable} -c '{program}'\n")
    fake.chmod(0o755)
    started = []
    real = asyncio.create_subprocess_exec

    async def noted(*words, **more):
        started.append(await real(*words, **more))
        return started[-1]

    monkeypatch.setattr(drawing.sys, "executable", str(fake))
    monkeypatch.setattr(drawing, "PATIENCE", 1.0)
    monkeypatch.setattr(asyncio, "create_subprocess_exec", noted)
    assert picture(given) is None
    assert [process.returncode is not None for process in started] == [True]
