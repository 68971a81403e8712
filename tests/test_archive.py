"""Past advisories: lists by page and filter, search, and above all that nobody sees what is not theirs."""

import json
import sqlite3
import string
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.archive import Archive, Filter, Viewer
from bot.records import Conversation, Line
from bot.review import NotAllowed, outcome, review
from bot.schema import MIGRATIONS
from bot.search import quoted, search
from bot.snippet import OPEN
from bot.statistics import statistics
from bot.store import Store
from bot.store_errors import StoreError
from talks import OPERATOR, Talks

HOSTILE = [
    '"', "''", '"" OR 1', "*", "NEAR(a b)", "a AND", "-", "^x", "text:photos", "{a b}:c", "\x00", "\ud800", "a\x00b", "(",
    "'; DROP TABLE x; --",
    "x" * 100_000, '"' * 5000, "\u202eevil", "😀", "= + @", "%", "_", "a NOT b", "col : x", "()", "+", "a" + "\n" * 50,
]  # fmt: skip


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


def audit(talks):
    return talks.store.connection.execute("SELECT viewer, conversation, did FROM access_audit ORDER BY id").fetchall()


def plain(store, id, person, at, words=(), others=(), **columns):
    """A conversation without the engine: quick to make in numbers."""
    platform, tenant, _ = person.split(":")
    store.keep_knowledge("v", {}, 0)
    store.begin(Conversation(id, platform, tenant, f"place-{id}", person, at, at, "open", "en", "v", "{}"))
    for number, who in enumerate((person, *others)):
        event = '{"at":1,"by":"x","event":"upgraded","knowledge":"v"}'
        store.connection.execute("INSERT INTO events VALUES (?,?,?,?,?)", (id, number, at, who, event))
    store.write(id, [Line(0, at, person, "typed", text) for text in words])
    if columns:
        store.note(id, **columns)


def test_an_advised_conversation_can_be_listed_and_read(talks, archive):
    id = talks.advised("p1", volume={"status": "dont_know"})
    [row] = archive.page(OPERATOR, Filter())
    assert (row.id, row.kind, row.status, row.unknowns) == (id, "tagging", "advised", 1)
    whole = archive.transcript(OPERATOR, id, "show")
    assert whole.summary == row
    assert next(line.text for line in whole.lines if line.speaker == "person") == "Photo tags"
    assert json.loads(whole.advice[0].text)["verdict"] == row.verdict


def test_an_answer_given_after_all_is_no_longer_unknown(talks, archive):
    talks.advised("p1", volume={"status": "dont_know"}, months={"status": "later"})
    assert archive.page(OPERATOR, Filter())[0].unknowns == 2
    talks.send("p1", text=json.dumps({"volume": {"value": 5.0}}), via="file")
    assert archive.page(OPERATOR, Filter(unknowns=True))[0].unknowns == 1


def test_pages_follow_each_other_without_gaps_or_repeats(talks, archive):
    with talks.store.transaction():
        for n in range(57):
            plain(talks.store, f"c{n:03d}", "slack:T:ann", at=n // 3)
    seen, after = [], None
    while found := archive.page(OPERATOR, Filter(), 10, after):
        seen += found
        after = found[-1].cursor
    assert [each.id for each in seen] == [each.id for each in archive.every(OPERATOR, Filter())]
    assert [(each.last_at, each.id) for each in seen] == sorted(((n // 3, f"c{n:03d}") for n in range(57)), reverse=True)


@pytest.mark.parametrize("cursor", ["", "x", "12", "12.", ".a", "9" * 30 + ".a", "²³.a"])
def test_a_bad_cursor_is_refused(archive, cursor):
    with pytest.raises(ValueError, match="not a place in the list"):
        archive.page(OPERATOR, Filter(), 10, cursor)


def test_every_filter_narrows_the_list_to_what_it_names(talks, archive):
    with talks.store.transaction():
        plain(talks.store, "a", "slack:T:ann", 100, kind="tagging", recommended="in_house", verdict="clear", status="advised")
        plain(talks.store, "b", "telegram:-:bob", 200, kind="claims")
    review(archive, OPERATOR, "a", "right", "", "Ann", flag=True)
    outcome(archive, OPERATOR, "a", "split", "fine")
    only_a = [
        Filter(platform="slack"), Filter(person="slack:T:ann"), Filter(until=200), Filter(kind="tagging"),
        Filter(recommended="in_house"),
        Filter(outcome="split"), Filter(verdict="clear"), Filter(status="advised"), Filter(reviewed=True), Filter(flagged=True),
    ]  # fmt: skip
    only_b = [Filter(since=200), Filter(reviewed=False), Filter(flagged=False), Filter(status="open")]
    assert {tuple(each.id for each in archive.page(OPERATOR, wanted)) for wanted in only_a} == {("a",)}
    assert {tuple(each.id for each in archive.page(OPERATOR, wanted)) for wanted in only_b} == {("b",)}
    assert archive.page(OPERATOR, Filter(unknowns=True)) == []


@pytest.mark.parametrize(
    "wanted",
    [Filter(), Filter(platform="slack"), Filter(kind="x"), Filter(verdict="clear"), Filter(status="open"), Filter(reviewed=False),
     Filter(recommended="in_house"), Filter(outcome="split"), Filter(unknowns=True), Filter(flagged=True),
     Filter(person="slack:T:ann")],
)  # fmt: skip
@pytest.mark.parametrize("viewer", [OPERATOR, Viewer("slack:T:ann", reviewer=False)], ids=["reviewer", "owner"])
def test_no_list_goes_through_all_conversations(archive, wanted, viewer):
    plans = []

    def explained(sql):
        if sql.startswith("SELECT"):
            plans.extend(row[3] for row in archive.store.connection.execute(f"EXPLAIN QUERY PLAN {sql}"))

    archive.store.connection.set_trace_callback(explained)
    archive.page(viewer, wanted, 20, "100.x")
    archive.store.connection.set_trace_callback(None)
    assert plans
    assert not [step for step in plans if step.startswith("SCAN c") and "INDEX conversations_last" not in step]


def test_pages_of_any_combination_of_filters_are_what_filtering_the_whole_list_gives(talks, archive):
    random = Random(1)
    with talks.store.transaction():
        for n in range(300):
            person = random.choice(PERSONS)
            columns = {
                "platform": random.choice(["slack", "telegram"]), "kind": random.choice(["tagging", "claims", None]),
                "verdict": random.choice(["clear", "close", None]), "status": random.choice(["open", "advised"]),
                "unknowns": random.choice([0, 0, 1, 3]), "reviewed": random.choice([0, 1]), "flagged": random.choice([0, 1]),
                "chosen": random.choice([None, "split"]), "recommended": random.choice([None, "in_house"]),
            }  # fmt: skip
            plain(talks.store, f"c{n:03d}", person, n // 4, **columns)
    everything = list(archive.every(OPERATOR, Filter()))
    assert len(everything) == 300
    for _ in range(200):
        wanted = Filter(
            platform=random.choice([None, "slack"]), kind=random.choice([None, None, "tagging"]),
            verdict=random.choice([None, None, "close"]), status=random.choice([None, "open"]),
            unknowns=random.choice([None, True, False]), reviewed=random.choice([None, None, True, False]),
            flagged=random.choice([None, None, True]), outcome=random.choice([None, None, "split"]),
            recommended=random.choice([None, None, "in_house"]), since=random.choice([None, 20]), until=random.choice([None, 50]),
            person=random.choice([None, None, PERSONS[0]]),
        )  # fmt: skip
        expected = [each for each in everything if _fits(each, wanted)]
        limit, after, found = random.choice([1, 7, 20]), None, []
        while page := archive.page(OPERATOR, wanted, limit, after):
            found += page
            after = page[-1].cursor
        assert found == expected
        assert archive.count(OPERATOR, wanted) == len(expected)
        assert archive.count(OPERATOR, wanted, 3) == min(len(expected), 3)
        owner = Viewer(PERSONS[1], reviewer=False)
        assert archive.page(owner, wanted, 300) == [each for each in expected if each.person == PERSONS[1]]


def _fits(row, wanted):
    equal = {
        "platform": row.platform, "person": row.person, "kind": row.kind, "recommended": row.recommended, "outcome": row.chosen,
        "verdict": row.verdict, "status": row.status, "unknowns": row.unknowns > 0, "reviewed": bool(row.reviewed),
        "flagged": bool(row.flagged),
    }  # fmt: skip
    if any(getattr(wanted, name) is not None and getattr(wanted, name) != value for name, value in equal.items()):
        return False
    return (wanted.since is None or row.last_at >= wanted.since) and (wanted.until is None or row.last_at < wanted.until)


def test_a_reviewers_read_of_anothers_transcript_is_on_record_and_ones_own_is_not(talks, archive):
    own, other = talks.advised("p1"), talks.advised("p2", person="console:local:bob")
    for id in (own, other):
        archive.transcript(OPERATOR, id, "show")
    list(archive.transcripts(OPERATOR, archive.every(OPERATOR, Filter()), "export"))
    search(archive, OPERATOR, "photo tags")
    assert audit(talks) == [("console:local:operator", other, did) for did in ("show", "export", "search")]


def test_nothing_is_handed_out_when_the_audit_cannot_be_written(talks, archive):
    id = talks.advised("p1", person="slack:T:ann")
    with talks.store.transaction():
        talks.store.connection.execute("CREATE TRIGGER full BEFORE INSERT ON access_audit BEGIN SELECT RAISE(FAIL, 'disk'); END")
    with pytest.raises(StoreError):
        archive.transcript(OPERATOR, id, "show")
    with pytest.raises(StoreError):
        search(archive, OPERATOR, "photo tags")


def test_a_threads_participant_sees_it_and_a_stranger_does_not(talks, archive):
    id = talks.advised("p1", person="slack:T:ann")
    talks.send("p1", person="slack:T:bob", text="why?")
    for person, sees in (("slack:T:ann", True), ("slack:T:bob", True), ("slack:T:eve", False), ("slack:U:ann", False)):
        viewer = Viewer(person, reviewer=False)
        assert (archive.transcript(viewer, id, "show") is not None) is sees
        assert bool(archive.page(viewer, Filter())) is sees
        assert bool(search(archive, viewer, "photo tags")) is sees
        assert statistics(archive, viewer, Filter()).conversations == int(sees)
    assert audit(talks) == []


def test_only_a_reviewer_reviews_and_an_owner_may_tell_the_outcome(talks, archive):
    id = talks.advised("p1", person="slack:T:ann")
    ann, eve = Viewer("slack:T:ann", reviewer=False), Viewer("slack:T:eve", reviewer=False)
    with pytest.raises(NotAllowed):
        review(archive, ann, id, "right", "", "Ann", flag=False)
    assert outcome(archive, eve, id, "none", "x") is None
    assert outcome(archive, ann, id, "none", "we waited\x1b[31m").happened == "we waited[31m"
    assert review(archive, OPERATOR, "no such", "right", "", "Ann", flag=False) is None
    with pytest.raises(ValueError, match="name"):
        review(archive, OPERATOR, id, "right", "", " \u202e ", flag=False)


PERSONS = [f"{platform}:T:{name}" for platform in ("slack", "telegram") for name in ("ann", "bob", "cy")]
CASES = st.lists(
    st.tuples(st.sampled_from(PERSONS), st.lists(st.sampled_from(PERSONS), max_size=2), st.integers(0, 5), st.booleans()),
    min_size=1,
    max_size=12,
)
FILTERS = st.builds(
    Filter,
    platform=st.sampled_from([None, "slack"]),
    person=st.sampled_from([None, *PERSONS]),
    since=st.sampled_from([None, 2]),
    until=st.sampled_from([None, 4]),
    reviewed=st.sampled_from([None, True, False]),
    unknowns=st.sampled_from([None, False]),
    status=st.sampled_from([None, "open"]),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(CASES, st.sampled_from(PERSONS), FILTERS, st.sampled_from(["photos", "photos tags", "*", "secret"]))
def test_no_query_returns_a_row_that_its_viewer_may_not_see(cases, person, wanted, words):
    with TemporaryDirectory() as folder:
        store = Store(Path(folder) / "a.db")
        archive = None
        try:
            with store.transaction():
                for n, (starter, others, at, reviewed) in enumerate(cases):
                    plain(store, f"c{n}", starter, at, ["photos tags", f"secret {starter}"], others)
                    if reviewed:
                        store.connection.execute("INSERT INTO reviews VALUES (NULL,?,0,'r','right','',0)", (f"c{n}",))
            archive = Archive(store.path)
            viewer = Viewer(person, reviewer=False)
            mine = {f"c{n}" for n, (starter, others, _, _) in enumerate(cases) if person in (starter, *others)}
            listed = {each.id for each in archive.every(viewer, wanted)}
            assert listed <= mine
            assert {each.id for each in archive.page(viewer, Filter(), 1000)} == mine
            assert archive.count(viewer, wanted) == len(listed)
            assert {hit.conversation for hit in search(archive, viewer, words, 1000)} <= mine
            counted = statistics(archive, viewer, wanted)
            assert counted.conversations == len(listed)
            assert sum(counted.reviews.values()) <= len(listed)
            everybodys = list(archive.every(Viewer("x", reviewer=True), Filter()))
            assert {each.summary.id for each in archive.transcripts(viewer, everybodys, "export")} == mine
            for n in range(len(cases)):
                assert (archive.transcript(viewer, f"c{n}", "show") is not None) is (f"c{n}" in mine)
                assert (archive.summary(viewer, f"c{n}") is not None) is (f"c{n}" in mine)
                if f"c{n}" not in mine:
                    assert outcome(archive, viewer, f"c{n}", "none", "") is None
            assert store.connection.execute("SELECT count(*) FROM access_audit").fetchone()[0] == 0
        finally:
            if archive is not None:
                archive.close()
            store.close()


def _everything(store, archive):
    """Forty conversations of six people with threads, reviews, outcomes and answers; who took part in which."""
    random, took_part = Random(7), {}
    with store.transaction():
        for n in range(40):
            starter, others = random.choice(PERSONS), random.sample(PERSONS, random.choice([0, 0, 1, 2]))
            columns = {
                "kind": random.choice(["tagging", "claims"]), "status": random.choice(["open", "advised"]),
                "verdict": random.choice([None, "clear"]), "unknowns": random.choice([0, 2]),
            }  # fmt: skip
            plain(store, f"c{n}", starter, n // 3, [f"photos number{n} of {starter}", "shared words"], others, **columns)
            took_part[f"c{n}"] = {starter, *others}
            if random.random() < 0.4:
                store.connection.execute("INSERT INTO reviews VALUES (NULL,?,0,'r',?,'',0)", (f"c{n}", f"seen{n}"))
    return took_part


def test_no_query_of_any_kind_shows_any_viewer_a_row_of_others(talks, archive):
    took_part = _everything(talks.store, archive)
    marks = dict(talks.store.connection.execute("SELECT verdict, conversation FROM reviews").fetchall())
    filters = [
        Filter(), Filter(platform="slack"), Filter(kind="claims"), Filter(status="open"), Filter(verdict="clear"),
        Filter(unknowns=True), Filter(unknowns=False), Filter(reviewed=True), Filter(reviewed=False), Filter(flagged=False),
        Filter(since=5), Filter(until=9), Filter(since=2, until=11, kind="tagging", reviewed=True),
        *(Filter(person=person) for person in PERSONS), *(Filter(person=person, kind="claims") for person in PERSONS),
    ]  # fmt: skip
    words = ["photos", "shared words", "telegram", *(f"number{n}" for n in range(40)), *(f"of {person}" for person in PERSONS)]
    everybodys = list(archive.every(OPERATOR, Filter()))
    queries = rows = 0
    for person in [*PERSONS, "slack:U:ann", "slack:T:an", "%", "", "slack:T:ann' OR '1'='1"]:
        viewer = Viewer(person, reviewer=False)
        mine = {id for id, who in took_part.items() if person in who}
        for wanted in filters:
            listed = [each.id for each in archive.every(viewer, wanted)]
            paged = [each.id for each in archive.page(viewer, wanted, 3, "9.zzz")]
            counted = statistics(archive, viewer, wanted)
            assert {*listed, *paged} <= mine
            assert archive.count(viewer, wanted) == len(listed) == counted.conversations == sum(counted.by_kind.values())
            assert {marks[mark] for mark in counted.reviews} <= set(listed)
            queries, rows = queries + 4, rows + len(listed) + len(paged) + len(counted.reviews)
        for text in words:
            for newest in (False, True):
                hits = search(archive, viewer, text, 1000, newest=newest)
                assert {hit.conversation for hit in hits} <= mine
                queries, rows = queries + 1, rows + len(hits)
        read = [each.summary.id for each in archive.transcripts(viewer, everybodys, "export")]
        assert set(read) == mine
        for id in took_part:
            whole, summary = archive.transcript(viewer, id, "show"), archive.summary(viewer, id)
            assert (whole is not None) is (summary is not None) is (id in mine)
            queries, rows = queries + 2, rows + 2 * (id in mine)
        queries, rows = queries + 1, rows + len(read)
    assert talks.store.connection.execute("SELECT count(*) FROM access_audit").fetchone() == (0,)
    assert queries > 3000 and rows > 1500, (queries, rows)


# --- search ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("viewer", [OPERATOR, Viewer("slack:T:ann", False)])
def test_search_can_be_narrowed_to_the_conversations_of_a_list(talks, archive, viewer):
    with talks.store.transaction():
        plain(talks.store, "c1", "slack:T:ann", at=1, words=["photos of shoes"], kind="tagging")
        plain(talks.store, "c2", "slack:T:ann", at=2, words=["photos of bills"], kind="data_entry")
        plain(talks.store, "c3", "slack:T:bob", at=3, words=["photos of hats"], kind="tagging")
    found = [hit.conversation for hit in search(archive, viewer, "photos", wanted=Filter(kind="tagging"))]
    assert sorted(found) == (["c1", "c3"] if viewer.reviewer else ["c1"])
    assert search(archive, viewer, "photos", wanted=Filter(kind="claims")) == []


def test_a_count_ends_where_it_would_cost(talks, archive):
    with talks.store.transaction():
        for n in range(9):
            plain(talks.store, f"c{n}", "slack:T:ann", at=n)
    assert archive.count(OPERATOR, Filter()) == 9 and archive.count(OPERATOR, Filter(), 5) == 5


def test_search_finds_words_in_any_case_and_accent_and_marks_them(talks, archive):
    with talks.store.transaction():
        plain(talks.store, "a", "slack:T:ann", 1, ["We tag Café photos by hand", "nothing here"])
        plain(talks.store, "b", "slack:T:bob", 2, ["invoices only"])
    [hit] = search(archive, OPERATOR, "cafe PHOTOS")
    assert (hit.conversation, hit.pieces[1::2]) == ("a", ("Café", "photos"))
    assert "".join(hit.pieces) == "We tag Café photos by hand"


def test_the_newest_hits_come_first_where_that_is_wanted(talks, archive):
    with talks.store.transaction():
        for n in range(6):
            plain(talks.store, f"c{n}", "slack:T:ann", n, ["payroll, only payroll" if n == 2 else f"payroll and {'more ' * n}"])
    for viewer in (OPERATOR, Viewer("slack:T:ann", reviewer=False)):
        assert [hit.conversation for hit in search(archive, viewer, "payroll", 3, newest=True)] == ["c5", "c4", "c3"]
        assert search(archive, viewer, "payroll", 3)[0].conversation == "c2"


def test_the_line_that_says_it_shortly_and_often_comes_first(talks, archive):
    with talks.store.transaction():
        plain(talks.store, "long", "slack:T:ann", 1, ["payroll " + "and many other things " * 40])
        plain(talks.store, "short", "slack:T:ann", 2, ["payroll, only payroll"])
    assert [hit.conversation for hit in search(archive, OPERATOR, "payroll")] == ["short", "long"]


@pytest.mark.parametrize("query", HOSTILE)
@pytest.mark.parametrize("reviewer", [True, False])
def test_hostile_queries_are_harmless(talks, archive, query, reviewer):
    with talks.store.transaction():
        plain(talks.store, "a", "slack:T:ann", 1, ["photos", query.replace("\ud800", "")])
    hits = search(archive, Viewer("slack:T:ann", reviewer), query)
    assert all(hit.conversation == "a" for hit in hits)
    assert all(OPEN not in "".join(hit.pieces) for hit in hits)


@given(st.text())
def test_a_query_is_only_ever_quoted_phrases(text):
    query = quoted(text)
    assert query.count('"') % 2 == 0
    assert "\x00" not in query
    query.encode()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.sampled_from(string.punctuation + "ab \"'*\x00é"), max_size=30))
def test_no_query_makes_the_search_fail(archive, text):
    search(archive, OPERATOR, text)


# --- files of an earlier schema ------------------------------------------------------------------------------------------


def test_a_file_of_the_first_schema_is_brought_up_to_date_and_keeps_who_took_part(tmp_path):
    from sqlite_utils.db import Database

    path = tmp_path / "old.db"
    connection = sqlite3.connect(path, isolation_level=None)
    MIGRATIONS.apply(Database(connection), stop_before="m002_archive")
    connection.execute("INSERT INTO knowledge_versions VALUES ('v', 0, x'')")
    connection.execute(
        "INSERT INTO conversations VALUES ('a','slack','T','p','slack:T:ann',1,1,'open','en','v',NULL,NULL,NULL,NULL,'{}')"
    )
    event = '{"at":1,"by":"slack:T:bob","event":"upgraded","knowledge":"v"}'
    connection.execute("INSERT INTO events VALUES ('a',0,1,'slack:T:bob',?)", (event,))
    connection.execute("INSERT INTO answers VALUES ('a','volume',0,1,'slack:T:ann','dont_know',NULL,0,'',NULL)")
    connection.close()
    archive = Archive(path)
    try:
        assert archive.page(OPERATOR, Filter())[0].unknowns == 1
        assert archive.transcript(Viewer("slack:T:bob", reviewer=False), "a", "show") is not None
    finally:
        archive.close()


def test_a_file_that_is_no_database_or_is_not_there_is_named(tmp_path):
    (tmp_path / "x.db").write_text("not a database at all, only text that is long enough to look like one" * 20)
    for name in ("x.db", "missing.db"):
        with pytest.raises(StoreError, match=name):
            Archive(tmp_path / name)


def test_statistics_count_what_happened(talks, archive):
    done = talks.advised("p1", volume={"status": "dont_know"})
    talks.send("p2", fresh=True)
    outcome(archive, OPERATOR, done, archive.page(OPERATOR, Filter(status="advised"))[0].recommended or "none", "")
    found = statistics(archive, OPERATOR, Filter())
    assert (found.conversations, found.advised, found.with_outcome) == (2, 1, 1)
    counts = {each.question: each for each in found.questions}
    assert counts["volume"].dont_know == 1
    assert counts["process"].stopped == 1
    json.dumps(found.as_json())


def test_a_conversation_counts_as_advised_when_the_advice_was_given(talks, archive):
    unclear = talks.advised("p1", kind="hr_payroll", data="public")  # asks first which of the two answers is wrong
    assert archive.summary(OPERATOR, unclear).status == "open"
    assert archive.transcript(OPERATOR, unclear, "show").advice == ()
    talks.send("p1", text="both are right")
    talks.send("p1", token="r:advise", label="Advise now", via="tapped")
    assert archive.summary(OPERATOR, unclear).status == "advised"
    talks.send("p1", text="why?")
    assert archive.summary(OPERATOR, unclear).status == "advised"
