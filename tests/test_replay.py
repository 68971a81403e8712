"""Replay: the same bytes on the same knowledge, a readable difference with its cause on another, and a notice to the owner."""

import json

import pytest

from adapters.console import pick
from bot.archive import Archive, Filter, Viewer
from bot.dialogue import NotADialogue, missing, saved, turns
from bot.difference import changed, differences
from bot.notice import notify
from bot.replay import CannotReplay, knowledge_of, replay
from bot.retell import Retelling
from bot.review import NotAllowed
from bot.speak import Message
from knowledge.load import load, packaged_files
from talks import ANSWERS, BASE, OPERATOR, Talks

PUBLIC = {**ANSWERS, "divisible": "yes", "ip": "none", "access": "no", "oversight": "team", "recourse": "unneeded"}


@pytest.fixture
def talks(tmp_path):
    found = Talks(tmp_path / "a.db")
    yield found
    found.close()


@pytest.fixture
def archive(talks):
    found = Archive(talks.path)
    yield found
    found.close()


def stored(archive, version):
    return knowledge_of(version, archive.store.knowledge_files(version))


def test_every_advice_is_the_same_byte_for_byte_on_the_knowledge_of_its_time(talks, archive):
    id = talks.advised("p1", **PUBLIC)
    talks.send("p1", text=json.dumps({"data": {"value": "personal"}, "deidentify": {"value": "no"}}), via="file")
    whole = archive.transcript(OPERATOR, id, "replay")
    assert len(whole.advice) == 2
    for given in whole.advice:
        again = replay(whole, given, stored(archive, given.knowledge))
        assert again.identical
        assert again.differences == ()


def test_a_restart_with_all_answers_gone_replays_too(talks, archive):
    id = talks.advised("p1")
    talks.send("p1", token="r:restart", via="tapped")
    talks.send("p1", text="yes")
    talks.advised("p2")
    talks.send("p1", text="Photo tags")
    talks.send("p1", text=json.dumps({"kind": {"value": "claims"}}), via="file")
    talks.send("p1", token="r:advise", via="tapped")
    whole = archive.transcript(OPERATOR, id, "replay")
    assert len(whole.advice) == 2
    assert all(replay(whole, given, stored(archive, given.knowledge)).identical for given in whole.advice)


def turned(whole, **parameters):
    """A knowledge base in which one parameter has other values, and so another version."""
    [(id, values)] = parameters.items()
    kept = BASE.parameters[id].model_copy(update=values)
    return BASE.model_copy(update={"parameters": {**BASE.parameters, id: kept}, "version": f"with-other-{id}"})


def with_veto(option):
    """Today's knowledge base with one more veto, on what the case states, against the option that it was advised."""
    veto = next(each for each in BASE.vetoes.values() if each.model_dump().get("when"))
    raw = veto.model_dump()
    raw |= {"id": "veto_new", "when": {"kind": ("tagging",)}}
    name = next(key for key, value in raw.items() if isinstance(value, list | tuple) and value and value[0] in BASE.options)
    raw[name] = (option,)
    new = type(veto).model_validate(raw)
    words = BASE.languages["en"]
    ruled = words.model_copy(update={"rules": {**words.rules, "veto_new": words.rules[veto.id]}})
    return BASE.model_copy(
        update={"vetoes": {**BASE.vetoes, "veto_new": new}, "languages": {"en": ruled}, "version": f"veto-{option}"}
    )


def test_on_another_knowledge_the_difference_is_said_with_its_cause(talks, archive):
    id = talks.advised("p1", **PUBLIC)
    whole = archive.transcript(OPERATOR, id, "replay")
    given = whole.advice[-1]
    leader = json.loads(given.text)["options"][0]["id"]
    again = replay(whole, given, with_veto(leader), lambda: stored(archive, given.knowledge))
    assert again.turned
    assert [(each.shelf, each.id) for each in again.causes] == [("vetoes", "veto_new")]
    assert any(each.what == f"{leader}: excluded" and each.now == "veto_new" for each in again.differences)
    json.dumps(again.as_json())


def test_two_knowledge_bases_differ_in_exactly_the_entries_that_were_changed(talks):
    id = next(iter(BASE.parameters))
    other = turned(None, **{id: {"note": "x"} if hasattr(BASE.parameters[id], "note") else {}})
    assert {(each.shelf, each.id) for each in changed(BASE, other)} <= {("parameters", id)}
    assert changed(BASE, BASE) == ()
    assert [each.id for each in changed(BASE, with_veto("in_house"))] == ["veto_new"]


def test_the_same_advice_has_no_differences(talks, archive):
    whole = archive.transcript(OPERATOR, talks.advised("p1"), "replay")
    advice = json.loads(whole.advice[0].text)
    assert differences(advice, advice) == ()


def test_a_stored_knowledge_base_is_the_one_that_was_packaged(talks, archive):
    id = talks.advised("p1")
    version = archive.summary(OPERATOR, id).knowledge
    assert archive.store.knowledge_files(version) == packaged_files()
    assert stored(archive, version).model_dump() == load(packaged_files()).model_dump()


def test_a_knowledge_base_that_is_gone_or_unreadable_is_said_so():
    with pytest.raises(CannotReplay, match="not stored"):
        knowledge_of("abc", None)
    with pytest.raises(CannotReplay, match="cannot read"):
        knowledge_of("abc", {"claims.yaml": "a: 1"})


def test_an_owner_is_told_once_that_the_advice_would_differ(talks, archive):
    id = talks.advised("p1", **PUBLIC)
    whole = archive.transcript(OPERATOR, id, "replay")
    leader = json.loads(whole.advice[-1].text)["options"][0]["id"]
    again = replay(whole, whole.advice[-1], with_veto(leader))
    with pytest.raises(NotAllowed):
        notify(archive, Viewer("console:local:you", reviewer=False), whole, again, BASE)
    assert notify(archive, OPERATOR, whole, again, BASE)
    assert not notify(archive, OPERATOR, archive.transcript(OPERATOR, id, "replay"), again, BASE)
    bodies = talks.store.connection.execute("SELECT body FROM outbox WHERE status = 'pending'").fetchall()
    notices = [message for (body,) in bodies if (message := Message.model_validate_json(body)).name == "notice"]
    assert len(notices) == 1
    assert "Photo tags" in notices[0].text


# --- a transcript as a dialogue test -----------------------------------------------------------------------------------


def play(text, path):
    """Play a dialogue file in a new database as the terminal would; returns the first problem."""
    talks = Talks(path)
    try:
        last, shown = None, 0

        def said():
            nonlocal last, shown
            bodies = talks.store.connection.execute(
                "SELECT number, body FROM outbox WHERE number > ? AND kind = 'send' ORDER BY number", (shown,)
            ).fetchall()
            shown = bodies[-1][0] if bodies else shown
            messages = [Message.model_validate_json(body) for _, body in bodies]
            last = messages[-1] if messages else last
            return "\n".join(message.text for message in messages)

        for turn in turns(text):
            if turn.typed is None:
                talks.send("p1", fresh=True)
            else:
                token = pick(turn.typed, last)
                talks.send("p1", text=turn.typed, token=token, via="tapped" if token else "typed")
            problem = missing(turn, said())
            if problem is not None:
                return f"after {turn.typed!r}: {problem!r} was not said"
        return None
    finally:
        talks.close()


def spoken(talks):
    talks.send("p1", fresh=True)
    for text in ("Photo tags", "Tagging", "don't know", "why?", "  > odd\n# text", "advise"):
        id = talks.send("p1", text=text)
    return id


def test_a_transcript_saved_as_a_test_passes_when_it_is_played(talks, archive, tmp_path):
    whole = archive.transcript(OPERATOR, spoken(talks), "test")
    text = saved(whole, Retelling(BASE, BASE, "en"))
    assert text.startswith("# dialogue\n")
    assert [turn.typed for turn in turns(text)][:3] == [None, "Photo tags", "Tagging"]
    assert play(text, tmp_path / "b.db") is None


def test_a_dialogue_that_expects_something_else_fails_where_it_does(talks, archive, tmp_path):
    whole = archive.transcript(OPERATOR, spoken(talks), "test")
    text = saved(whole, Retelling(BASE, BASE, "en")).replace("> Tagging\n", "> Tagging\nUnheard-of words.\n")
    assert "Unheard-of words." in play(text, tmp_path / "b.db")


def test_what_an_answer_file_filled_in_is_no_dialogue(talks, archive):
    with pytest.raises(NotADialogue, match="answer file"):
        saved(archive.transcript(OPERATOR, talks.advised("p1"), "test"), Retelling(BASE, BASE, "en"))
    with pytest.raises(NotADialogue, match="first line"):
        turns("hello")


def test_no_advice_leaves_no_list_entry_to_replay(talks, archive):
    talks.send("p1", fresh=True)
    [row] = archive.page(OPERATOR, Filter())
    assert row.verdict is None
