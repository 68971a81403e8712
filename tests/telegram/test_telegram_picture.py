"""The picture of an advice: a photo with the verdict under it, in words on request, and the verdict alone if there is none."""

import threading

from telegram_stub import Refused
from telegram_talk import ANN, BEN, Chat, column, served

from bot import chart
from bot.logs import configure


async def until_verdict(ann):
    """Answer on until the verdict comes, with or without a picture; nothing is read after it."""
    shown = await ann.say("/start", 2)
    for _ in range(40):
        if "in which prices, weights" in shown.text or "ways things may turn out" in shown.text:
            return shown
        shown = await ann.answer(shown)
        while not shown.labels and "ways" not in shown.text:
            shown = await ann.next()
    raise AssertionError("no verdict after 40 answers")


async def test_an_advice_is_a_photo_with_the_verdict_and_the_reasons_follow_as_text(tmp_path):
    async with served(tmp_path) as stub:
        ann = Chat(stub)
        photo = await until_verdict(ann)
        assert photo.photo.startswith(b"\x89PNG")
        assert photo.filename.endswith(".png")
        assert len(photo.text) < 1024
        reasons = await ann.next()
        assert "Why" in reasons.text
        assert reasons.photo is None
        while "Export" not in stub.at(ANN)[-1].labels:
            await ann.next()
        ann.read = len(stub.at(ANN))
        words = await ann.tap(photo, "Picture in words")
        assert words.text.startswith(photo.text.splitlines()[0])
        assert "score" in words.text


async def test_a_picture_that_cannot_be_drawn_or_is_refused_becomes_words(tmp_path, monkeypatch):
    configure("error")
    async with served(tmp_path) as stub:
        stub.faults["sendPhoto"].append(Refused(400, "Bad Request: IMAGE_PROCESS_FAILED"))
        verdict = await until_verdict(Chat(stub))
        assert verdict.photo is None
        assert "could not be drawn; the advice follows in words" in verdict.text

        def broken(*_):
            raise ValueError("no font")

        monkeypatch.setattr(chart, "lay_out", broken)
        verdict = await until_verdict(Chat(stub, BEN))
        assert verdict.photo is None
        assert "could not be drawn" in verdict.text
        await stub.until(lambda: column(stub.store, "SELECT count(*) FROM outbox WHERE status = 'closed'") == [0])


async def test_others_are_served_while_a_picture_is_drawn(tmp_path, monkeypatch):
    async with served(tmp_path) as stub:
        may_end, begun, lay_out = threading.Event(), threading.Event(), chart.lay_out

        def slow(*arguments):
            begun.set()
            assert may_end.wait(20)
            return lay_out(*arguments)

        monkeypatch.setattr(chart, "lay_out", slow)
        ann = Chat(stub)
        shown = await ann.say("/start", 2)
        for _ in range(40):
            if "Yes, advise me" in shown.labels:
                break
            shown = await ann.answer(shown)
        stub.tap(shown, "Yes, advise me")
        await stub.until(begun.is_set)
        await Chat(stub, BEN).say("/start", 2)
        assert not any(each.photo for each in stub.at(ANN))
        may_end.set()
        assert (await ann.next()).photo


async def test_the_money_is_a_photo_of_its_own_with_its_own_words(tmp_path):
    async with served(tmp_path) as stub:
        ann = Chat(stub)
        await ann.say("/start", 2)
        await ann.say("we tag 20,000 public product photos a month, half a minute each, in-house at 20 dollars an hour")
        advice = await ann.advised(stub.at(ANN)[-1])
        photo = await ann.tap(await ann.tap(advice, "Export"), "Money as picture")
        assert photo.photo.startswith(b"\x89PNG") and "A correct item costs" in photo.text
        words = await ann.tap(photo, "Picture in words")
        assert words.text.startswith("A correct item costs") and "% right" in words.text
