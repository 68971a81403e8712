"""Whole conversations over real HTTP: polling, taps, words, rankings, edits, files, groups."""

import json

from telegram_stub import BOT, NAME
from telegram_talk import ANN, BEN, GROUP, Chat, column, served


async def test_an_interview_by_taps_and_words_ends_with_an_advice_and_files(tmp_path):
    async with served(tmp_path) as stub:
        ann = Chat(stub)
        advice = await ann.advised(await ann.say("/start", 2))
        shown = stub.at(ANN)
        assert advice.labels == ["Change an answer", "What if …", "Compare", "Export", "This helped", "This did not help"]
        html = "".join(each.html for each in shown)
        assert "<b>The sums</b>\n\n<blockquote expandable>" in html
        assert "<b>Sources</b>\n\n<blockquote expandable>" in html
        assert "<a href=" in html.rpartition("<blockquote expandable>")[2]
        settled = [each for each in shown if each.text.startswith("✔")]
        assert len(settled) > 5
        assert not any(each.rows for each in settled)
        assert column(stub.store, "SELECT count(*) FROM advice") == [1]
        formats = await ann.tap(advice, "Export")
        files = [await ann.tap(formats, label) for label in ("Markdown", "Web page", "JSON", "Memo to print (PDF)")]
        assert [each.filename.rpartition(".")[2] for each in files] == ["md", "html", "json", "html"]
        stored = json.loads(column(stub.store, "SELECT advice FROM advice")[0])
        assert json.loads(files[2].document) == stored
        assert stored["headline"] in files[0].document.decode()
        id = column(stub.store, "SELECT id FROM conversations")[0]
        assert files[3].filename == f"memo-{id}.html"
        assert id in files[3].document.decode()
        for label, said in (("This helped", "Thank you"), ("This helped", "noted already"), ("This did not help", "Thank you")):
            assert said in (await ann.tap(advice, label)).text
        kept = column(stub.store, "SELECT text FROM transcript WHERE message IN ('helpful', 'unhelpful') ORDER BY id")
        assert kept == ["This advice was helpful.", "This advice was not helpful."]
        await stub.until(lambda: len(stub.answers) == len(stub.taps))
        assert [each["command"] for each in stub.menu] == ["start", "help", "cancel", "history", "settings"]


async def test_a_ranking_is_tapped_in_order_and_can_be_ended_early_or_begun_again(tmp_path):
    async with served(tmp_path) as stub:
        ann = Chat(stub)
        question = await ann.say("/start p-kind-tagging", 2)
        while not question.labels[0].startswith("1. "):
            question = await ann.answer(question)
        stub.tap(question, "1. Quality")
        await ann.edited(question, 1)
        assert "Quality" in question.text.rpartition("\n")[2]
        assert question.labels[:3] == ["2. Cost", "2. Security", "2. Flexibility"]
        stub.tap(question, "Start over")
        await ann.edited(question, 2)
        assert question.labels[:4] == ["1. Cost", "1. Quality", "1. Security", "1. Flexibility"]
        stub.tap(question, "1. Security")
        await ann.edited(question, 3)
        await ann.tap(question, "Done")
        assert column(stub.store, "SELECT value FROM current_answers WHERE question = 'priorities'") == ['[["security"]]']


async def test_late_repeated_and_outdated_taps_change_nothing(tmp_path):
    async with served(tmp_path) as stub:
        ann = Chat(stub)
        first = await ann.say("/start p-kind-tagging", 2)
        old = [list(row) for row in first.rows]
        second = await ann.tap(first, "Skip")
        await ann.edited(first, 1)
        assert not first.rows
        first.rows = old  # a phone that has not shown the edit yet
        for label in ("Skip", "Back"):
            said = await ann.tap(first, label)
            assert "no longer open" in said.text
        before = column(stub.store, "SELECT count(*) FROM answers")
        third = await ann.tap(second, second.labels[0]) if not second.labels[0].startswith("1. ") else await ann.rank(second)
        stub.updates.append(stub.update(callback_query=_last_tap(stub)))  # delivered twice under another id
        await ann.tap(third, "Why?", 2)
        assert column(stub.store, "SELECT count(*) FROM answers")[0] == before[0] + 1


def _last_tap(stub):
    raw = column(stub.store, "SELECT raw FROM inbox WHERE raw LIKE '%callback_query%' ORDER BY number DESC LIMIT 1")[0]
    return json.loads(raw)["callback_query"]


async def test_an_edit_corrects_only_while_its_question_is_open(tmp_path):
    async with served(tmp_path) as stub:
        ann = Chat(stub)
        await ann.tap(await ann.say("/start p-kind-tagging-perspective-buyer", 2), "Skip")
        question = await ann.say("change volume")
        assert "How many items" in question.text
        await ann.say("umpf", id=900)
        assert "500" not in column(stub.store, "SELECT coalesce(max(value), '') FROM current_answers WHERE question = 'volume'")
        stub.message(ANN, "500 a month", kind="edited_message", id=900, edit_date=stub.clock + 5)
        await ann.next()
        assert column(stub.store, "SELECT value FROM current_answers WHERE question = 'volume'") == ["500.0"]
        stub.message(ANN, "900 a month", kind="edited_message", id=900, edit_date=stub.clock + 9)
        assert "no longer open" in (await ann.next()).text or "passed" in stub.at(ANN)[-1].text
        assert column(stub.store, "SELECT value FROM current_answers WHERE question = 'volume'") == ["500.0"]


async def test_history_opens_ones_own_advisories_and_start_goes_on_with_an_unfinished_one(tmp_path):
    async with served(tmp_path) as stub:
        ann, ben = Chat(stub), Chat(stub, BEN)
        await ann.advised(await ann.say("/start", 2))
        await ann.say("/start p-kind-translation", 2)
        history = await ann.say("/history")
        assert "product" in history.text
        assert history.labels == ["1", "2"]
        stub.tap(history, "2")
        await ann.edited(history, 1)
        assert "Export" in (await _until_labels(ann, await ann.tap(history, "Show the advice"))).labels
        id = column(stub.store, "SELECT id FROM conversations ORDER BY started_at LIMIT 1")[0]
        foreign = await ben.say(f"/start a-{id}", 2)
        assert "question 1" in foreign.text  # not shown to another: an interview of his own begins
        await ben.say("We moderate comments")
        again = await ben.say("/start")
        assert "I understood" in again.text or "question" in again.text
        assert "What I store of you" in (await ben.say("/settings")).text
        assert column(stub.store, "SELECT count(*) FROM conversations WHERE person LIKE '%5002'") == [1]


async def _until_labels(chat, shown):
    while not shown.labels or shown.photo:
        shown = await chat.next()
    return shown


async def test_a_group_is_tied_to_the_starter_and_moves_with_its_supergroup(tmp_path):
    async with served(tmp_path) as stub:
        ann, ben = Chat(stub, GROUP, ANN), Chat(stub, GROUP, BEN)
        stub.message(GROUP, "what shall we have for lunch?", ANN)
        question = await ann.say(f"@{NAME} we tag photos of products for a shop", 2)
        assert question.reply is not None
        greeting = stub.at(GROUP)[0]
        assert "In a group" in greeting.text
        assert "t.me/" in greeting.rows[-1][0]["url"]
        stub.tap(question, question.labels[0], BEN)
        await stub.until(lambda: any(text and "belongs to" in text for _, text in stub.answers))
        assert column(stub.store, "SELECT count(*) FROM events WHERE person LIKE '%5002'") == [0]
        ben.read = ann.read
        reply = {"message_id": question.id, "from": {"id": BOT, "is_bot": True}}
        assert "belongs to" in (await ben.say("tagging", reply_to_message=reply)).text
        ann.read += 1
        stub.message(GROUP, None, ANN, migrate_to_chat_id=-1002)
        moved = Chat(stub, -1002, ANN)
        asked = await moved.say("/help")
        assert asked.text
        assert column(stub.store, "SELECT count(*) FROM conversations") == [1]


async def test_each_forum_topic_holds_an_interview_of_its_own(tmp_path):
    async with served(tmp_path) as stub:
        one, two = Chat(stub, GROUP, ANN, topic=7), Chat(stub, GROUP, ANN, topic=8)
        question = await one.say(f"/start@{NAME}", 2)
        two.read = one.read
        await two.say("/start", 2)
        assert [each.topic for each in stub.at(GROUP)] == [7, 7, 8, 8]
        one.read = two.read
        reply = {"message_id": question.id, "from": {"id": BOT, "is_bot": True}}
        assert (await one.say("We tag photos of products for a shop", reply_to_message=reply)).topic == 7
        places = column(stub.store, "SELECT place FROM conversations ORDER BY place")
        assert places == [f"telegram:{BOT}:{GROUP}:7", f"telegram:{BOT}:{GROUP}:8"]
        answered = "SELECT DISTINCT place FROM conversations c JOIN answers a ON a.conversation = c.id"
        assert column(stub.store, answered) == places[:1]


async def test_an_anonymous_administrator_is_told_why_nothing_begins(tmp_path):
    async with served(tmp_path) as stub:
        group = Chat(stub, GROUP, 1087968824)
        anonymous = {"from": {"id": 1087968824, "is_bot": True}, "sender_chat": {"id": GROUP, "type": "supergroup"}}
        stub.message(GROUP, "what shall we have for lunch?", **anonymous)
        said = await group.say("/start", **anonymous)
        assert "anonymous" in said.text
        assert said.reply is not None
        assert column(stub.store, "SELECT count(*) FROM conversations") == [0]
        await stub.until(lambda: column(stub.store, "SELECT status FROM inbox ORDER BY number") == ["ignored", "done"])


async def test_cancel_keeps_a_draft_that_can_be_gone_on_with(tmp_path):
    async with served(tmp_path) as stub:
        ann = Chat(stub)
        assert "no interview to stop" in (await ann.say("/cancel")).text
        assert column(stub.store, "SELECT count(*) FROM conversations") == [0]
        await ann.say("/start p-kind-tagging", 2)
        assert "draft" in (await ann.say("/cancel")).text
        assert column(stub.store, "SELECT status FROM conversations") == ["cancelled"]
        history = await ann.say("/history")
        stub.tap(history, "1")
        await ann.edited(history, 1)
        assert history.labels[0] == "Resume the draft"
        resumed = await ann.tap(history, "Resume the draft")
        while not resumed.labels:
            resumed = await ann.next()
        assert column(stub.store, "SELECT status FROM conversations") == ["open"]
        assert column(stub.store, "SELECT value FROM current_answers") == ['"tagging"']


async def test_what_means_nothing_is_kept_and_blocks_nobody(tmp_path):
    async with served(tmp_path) as stub:
        stub.updates += [{"update_id": 1, "message": {"chat": "?"}}, {"update_id": 2, "subscription": {}}, {"update_id": 3}]
        stub.message(ANN, "hello", sender_chat={"id": -5, "type": "channel"})
        stub.update(my_chat_member={"chat": {"id": ANN, "type": "private"}, "date": 1, "new_chat_member": {"status": "kicked"}})
        ann = Chat(stub)
        question = await ann.say("/start", 2)
        assert "question 1" in question.text
        stub.message(ANN, None, sticker={"file_id": "x"})
        assert "only read text" in (await ann.next()).text
        found = column(stub.store, "SELECT status FROM inbox ORDER BY number")
        assert found == ["aside", "ignored", "ignored", "ignored", "ignored", "done", "done"]
