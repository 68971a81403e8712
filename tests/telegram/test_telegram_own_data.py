"""One's own data on Telegram: listed, opened, exported, deleted, by nobody else and without holding up others."""

import asyncio
import json
import threading

import pytest
from telegram_stub import NAME, Refused
from telegram_talk import ANN, BEN, GROUP, Chat, column, served

from adapters.telegram import own_data
from bot.store_errors import StoreError


async def advised(stub, chat):
    """A person who has an advice, and the first message of their list of advisories."""
    await chat.advised(await chat.say("/start", 2))
    return await chat.say("/history")


async def edited(stub, shown, label):
    """Tap, and wait until the message changes in place."""
    before = shown.edits
    stub.tap(shown, label)
    await stub.until(lambda: shown.edits > before)
    return shown


def persons(stub):
    return column(stub.store, "SELECT DISTINCT person FROM conversations ORDER BY person")


async def test_the_list_leads_to_a_card_from_which_an_advisory_is_opened_or_exported(tmp_path):
    async with served(tmp_path) as stub:
        ann = Chat(stub)
        history = await advised(stub, ann)
        id = column(stub.store, "SELECT id FROM conversations")[0]
        card = await edited(stub, history, "1")
        assert card.labels == ["Show the advice", "Export", "Delete", "All advisories"]
        assert f"https://t.me/{NAME}?start=a-{id}" in card.text
        assert (await edited(stub, card, "All advisories")).labels == ["1"]
        card = await edited(stub, history, "1")
        file = await ann.tap(await ann.tap(card, "Export"), "JSON")
        assert json.loads(file.document)["recommended"] == column(stub.store, "SELECT recommended FROM advice")[0]
        shown = await ann.tap(card, "Show the advice")
        while not shown.labels or shown.photo:
            shown = await ann.next()
        assert "Export" in shown.labels


async def test_an_advisory_is_deleted_after_a_second_tap_with_a_receipt(tmp_path):
    async with served(tmp_path) as stub:
        ann = Chat(stub)
        card = await edited(stub, await advised(stub, ann), "1")
        question = await edited(stub, card, "Delete")
        assert question.labels == ["Yes, delete it", "Keep it"]
        assert (await edited(stub, question, "Keep it")).labels[2] == "Delete"
        assert len(persons(stub)) == 1
        receipt = await edited(stub, await edited(stub, card, "Delete"), "Yes, delete it")
        assert not receipt.rows
        kept = column(stub.store, "SELECT digest FROM tombstones WHERE kind = 'conversation'")
        assert receipt.text.rpartition("Receipt ")[2].rstrip(".") == kept[0][:12]
        assert column(stub.store, "SELECT count(*) FROM receipts WHERE scrubbed_at IS NOT NULL") == [1]
        for table in ("conversations", "events", "answers", "transcript", "advice", "outbox"):
            assert column(stub.store, f"SELECT count(*) FROM {table}") == [0], table
        assert "Nothing of yours is stored" in (await ann.say("/history")).text
        assert "question 1" in (await ann.say("/start", 2)).text


async def test_all_of_a_persons_data_is_deleted_and_nobody_elses(tmp_path):
    async with served(tmp_path) as stub:
        ann, ben = Chat(stub), Chat(stub, BEN)
        await advised(stub, ann)
        await ann.say("/start p-kind-translation", 2)
        await ben.say("/start", 2)
        await ben.say("We moderate comments on a forum")
        settings = await ann.say("/settings")
        assert "Advisories: 2" in settings.text
        assert "English" in settings.text
        assert settings.labels == ["Export my data", "Delete my data"]
        question = await edited(stub, settings, "Delete my data")
        assert "(2)" in question.text
        receipt = await edited(stub, question, "Yes, delete it all")
        assert "Advisories: 2" in receipt.text
        assert persons(stub) == [f"telegram:123456789:{BEN}"]
        assert not column(stub.store, "SELECT 1 FROM inbox WHERE instr(raw, ?)", str(ANN))
        assert "Nothing of yours" in (await ann.say("/settings")).text
        assert "moderate" in (await ben.say("summary")).text


async def test_everything_stored_of_a_person_is_exported_and_nothing_of_others(tmp_path):
    async with served(tmp_path) as stub:
        ann, ben = Chat(stub), Chat(stub, BEN)
        await advised(stub, ann)
        await ben.say("/start", 2)
        await ben.say("We moderate comments on a forum")
        file = await ann.tap(await ann.say("/settings"), "Export my data")
        assert file.filename == "my-data.json"
        data = json.loads(file.document)
        assert data["person"] == f"telegram:123456789:{ANN}"
        (advisory,) = data["advisories"]
        assert advisory["advice"]
        assert any("tag photos" in said["text"] for said in advisory["conversation"])
        assert f"telegram:123456789:{BEN}" not in file.document.decode()
        assert "moderate comments on a forum" not in file.document.decode()


async def test_others_are_served_while_somebodys_data_is_deleted(tmp_path, monkeypatch):
    async with served(tmp_path) as stub:
        ann, ben = Chat(stub), Chat(stub, BEN)
        await advised(stub, ann)
        settings = await ann.say("/settings")
        may_end, begun, erase = threading.Event(), threading.Event(), own_data.erased

        def slow(*arguments):
            begun.set()
            assert may_end.wait(20)
            return erase(*arguments)

        monkeypatch.setattr(own_data, "erased", slow)
        question = await edited(stub, settings, "Delete my data")
        stub.tap(question, "Yes, delete it all")
        await stub.until(begun.is_set)
        await ben.say("/start", 2)
        assert f"telegram:123456789:{ANN}" in persons(stub)
        may_end.set()
        await stub.until(lambda: "Deleted" in question.text)
        assert persons(stub) == [f"telegram:123456789:{BEN}"]


async def test_an_erasure_that_fails_is_tried_again_and_a_receipt_waits_out_the_pace(tmp_path, monkeypatch):
    async with served(tmp_path) as stub:
        ann = Chat(stub)
        question = await edited(stub, await edited(stub, await advised(stub, ann), "1"), "Delete")
        tries, erase = [], own_data.erased

        def failing(*arguments):
            tries.append(arguments)
            if len(tries) == 1:
                raise StoreError("another process is writing")
            return erase(*arguments)

        monkeypatch.setattr(own_data, "erased", failing)
        stub.faults["editMessageText"].append(Refused(429, "Too Many Requests: retry after 1", retry_after=1))
        stub.tap(question, "Yes, delete it")
        await stub.until(lambda: "Deleted" in question.text)
        assert len(tries) == 2
        assert not persons(stub)


@pytest.mark.parametrize("token", ["t:card:{}", "t:forget:{}", "t:forget:{}:yes", "t:export:{}:json", "t:open:{}"])
async def test_nobody_reaches_anothers_advisory_with_a_forged_button(tmp_path, token):
    async with served(tmp_path) as stub:
        ann, ben = Chat(stub), Chat(stub, BEN)
        await advised(stub, ann)
        id = column(stub.store, "SELECT id FROM conversations")[0]
        shown = (await ben.say("/start p-kind-translation", 2)).__class__(**vars(stub.at(BEN)[-1]))
        shown.rows = [[{"text": "x", "callback_data": token.format(id)}]]
        before = (column(stub.store, "SELECT count(*) FROM outbox WHERE status = 'sent'"), stub.at(BEN)[-1].edits)
        stub.tap(shown, "x")
        await stub.until(
            lambda: (column(stub.store, "SELECT count(*) FROM outbox WHERE status = 'sent'"), stub.at(BEN)[-1].edits) != before
        )
        assert not any("photos" in each.text for each in stub.at(BEN))
        assert not any(each.document for each in stub.at(BEN))
        assert f"telegram:123456789:{ANN}" in persons(stub)


async def test_a_group_is_never_shown_advisories_and_is_sent_to_the_private_chat(tmp_path):
    async with served(tmp_path) as stub:
        ann, group = Chat(stub), Chat(stub, GROUP, ANN)
        await advised(stub, ann)
        for command in ("/history", "/settings", f"/history@{NAME}"):
            said = await group.say(command)
            assert "only in a private chat" in said.text
            assert said.rows[-1][0]["url"] == f"https://t.me/{NAME}?start=history"
        assert (await ann.say("/start history")).labels == ["1"]
        ben = Chat(stub, GROUP, BEN)
        ben.read = group.read
        assert "only in a private chat" in (await ben.say("/history")).text
        assert column(stub.store, "SELECT count(*) FROM conversations") == [1]


async def test_an_interview_of_a_group_is_in_the_list_of_its_starter(tmp_path):
    async with served(tmp_path) as stub:
        group, ann, ben = Chat(stub, GROUP, ANN), Chat(stub), Chat(stub, BEN)
        await group.say(f"@{NAME} we tag photos of products for a shop", 2)
        assert (await ann.say("/history")).labels == ["1"]
        assert "Nothing of yours" in (await ben.say("/history")).text


async def test_a_tap_on_what_was_deleted_begins_nothing(tmp_path):
    async with served(tmp_path) as stub:
        ann = Chat(stub)
        question = await ann.say("/start p-kind-tagging", 2)
        old = stub.at(ANN)[1].__class__(**vars(question))
        history = await ann.say("/history")
        receipt = await edited(stub, await edited(stub, await edited(stub, history, "1"), "Delete"), "Yes, delete it")
        assert "Deleted" in receipt.text
        stub.tap(old, old.labels[0])
        await stub.until(lambda: len(stub.answers) == len(stub.taps))
        await asyncio.sleep(0.1)
        assert not persons(stub)
