"""The review pages against attack: policies, forms from elsewhere, a hostile transcript, and SQL that reaches too far."""

import sqlite3
from urllib.parse import quote

import pytest
from review_site import ANN, BOB, RITA, Page, Site

from adapters.review import tables
from adapters.review.gate import MOST_BYTES
from bot.archive import Viewer
from bot.review import outcome, review
from talks import OPERATOR, Talks

HOSTILE = [
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "</textarea></main><form action=//evil.example><input name=csrftoken>",
    "[click](javascript:alert(1)) ![x](http://evil.example/x.png) **bold** `code`",
    "{{ 7*7 }} {% raw %} ${7*7} <!-- --> ]]> &lt;b&gt; \x00\x08\x1b[31mred",
    "=HYPERLINK(\"http://evil.example\",\"x\")",
    "\u202egnp.exe\u202c \u200b\u2066hidden\u2069",
    "'; DROP TABLE conversations; --",
    "z" * 100_000,
]  # fmt: skip
EVIL_PERSON = "slack:T:<b onmouseover=alert(1)>ann</b>"


@pytest.fixture
def hostile(tmp_path):
    talks = Talks(tmp_path / "hostile.db")
    talks.id = talks.advised("p1", words=HOSTILE[0], person=EVIL_PERSON)
    for text in HOSTILE:
        talks.send("p1", person=EVIL_PERSON, text=text)
    site = Site(talks.path)
    site.talks = talks
    site.wait(
        site.desk.run(lambda library: review(library.archive, OPERATOR, talks.id, "wrong", HOSTILE[0], HOSTILE[1], flag=True))
    )
    site.wait(site.desk.run(lambda library: outcome(library.archive, OPERATOR, talks.id, "none", HOSTILE[2])))
    yield site
    site.close()
    talks.close()


def pages(talks_id):
    base = f"/advisory/{talks_id}"
    return ["/", "/?q=alert", "/statistics", base, f"{base}/replay", f"{base}/delete", "/sign-in", "/data", "/data/advisories",
            "/data/transcript", "/data/reviews", "/data?sql=select+1", "/data/transcript?_search=alert&_facet=speaker",
            "/advisory/%3Cscript%3E", "/?verdict=%3Cscript%3E&q=%3Cscript%3E&person=%22%3E%3Cscript%3E"]  # fmt: skip


def test_a_hostile_transcript_is_shown_as_text_on_every_page(hostile):
    visitor = hostile.operator
    for path in pages(hostile.talks.id):
        page = visitor.page(path)
        assert not set(page.tags) & {"script", "iframe", "object", "embed", "b", "base", "frame", "applet", "link2"}, path
        assert not [name for name in page.attributes if name.startswith("on")], path
        assert not [each for each in page.links if each.startswith(("javascript:", "data:", "//")) or "evil" in each], path
        assert ("\x1b" not in page.html and "\u202e" not in page.html) or path.startswith("/data"), path
        assert "49" not in page.text.split("{{ 7*7 }}")[0][-5:], path
    shown = visitor.page(f"/advisory/{hostile.talks.id}")
    assert "<script>alert(1)</script>" in shown.text and "more letters" in shown.text and "{{ 7*7 }}" in shown.text


def test_bidirectional_and_control_characters_are_not_shown_in_tables_either(hostile):
    for path in ("/data/transcript", "/data/reviews", "/data/advisories", "/data?sql=select+text+from+transcript"):
        html = hostile.operator.page(path).html
        assert not {"\u202e", "\u2066", "\u200b", "\x1b", "\x08"} & set(html), path


def test_csv_of_the_analysts_is_defused_like_every_other(hostile):
    answer = hostile.operator.get("/data/transcript.csv?_size=max")
    assert answer.status_code == 200
    assert '"=HYPERLINK' not in answer.text and "'=HYPERLINK" in answer.text
    assert '"=HYPERLINK' not in hostile.operator.get("/data.csv?sql=select+text+from+transcript").text


def test_every_answer_carries_the_strict_policy(site, talks):
    visitor = site.operator
    for path in [*pages(talks.ann), "/assets/review.css", "/nothing", f"/advisory/{talks.ann}/export.html", "/favicon.ico"]:
        headers = visitor.get(path).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; ") and "unsafe" not in policy and "script-src" not in policy, path
        assert "frame-ancestors 'none'" in policy and "form-action 'self'" in policy and "base-uri 'none'" in policy
        assert headers["x-frame-options"] == "DENY" and headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert path.startswith("/assets/") or headers["cache-control"] == "private, no-store", path
        assert "access-control-allow-origin" not in headers


def test_a_form_without_its_token_changes_nothing(site, talks):
    visitor = site.operator
    for path, form in [
        (f"/advisory/{talks.ann}/review", {"verdict": "wrong", "by": "x"}),
        (f"/advisory/{talks.ann}/outcome", {"chosen": "none"}),
        (f"/advisory/{talks.ann}/delete", {"sure": "yes"}),
        (f"/advisory/{talks.ann}/strike", {"words": "Photo tags", "sure": "yes"}),
        ("/sign-out", {}),
    ]:
        visitor.get("/statistics")
        assert visitor.post(path, token=False, **form).status_code == 403, path
        assert visitor.post(path, token=False, csrftoken="x" * 40, **form).status_code == 403, path
    assert "Photo tags" in visitor.page(f"/advisory/{talks.ann}").text
    assert "Nobody has reviewed it yet" in visitor.page(f"/advisory/{talks.ann}").text


def test_a_form_sent_from_another_site_is_refused_token_or_not(site, talks):
    visitor = site.operator
    form = {"csrftoken": visitor.token(), "verdict": "wrong", "by": "x"}
    for source in ("cross-site", "same-site"):
        answer = site.wait(visitor.client.post(f"/advisory/{talks.ann}/review", data=form, headers={"sec-fetch-site": source}))
        assert answer.status_code == 403 and "another site" in answer.text


def test_a_reading_address_never_changes_anything(site, talks):
    visitor = site.operator
    for path in ("review?verdict=wrong&by=x", "outcome?chosen=none", "strike?words=Photo&sure=yes"):
        assert visitor.get(f"/advisory/{talks.ann}/{path}").status_code == 404
    visitor.get(f"/advisory/{talks.ann}/delete?sure=yes")
    assert visitor.get("/sign-out").status_code == 404
    assert "Nobody has reviewed it yet" in visitor.page(f"/advisory/{talks.ann}").text


def test_a_body_that_is_too_long_is_refused(site, talks):
    visitor = site.operator
    form = {"verdict": "wrong", "by": "x", "note": "n" * MOST_BYTES, "csrftoken": visitor.token()}
    assert site.wait(visitor.client.post(f"/advisory/{talks.ann}/review", data=form)).status_code == 413


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_are_refused(site, method):
    assert site.wait(site.operator.client.request(method, "/")).status_code == 405


@pytest.mark.parametrize(
    "path",
    ["/-/settings.json", "/-/plugins", "/-/databases.json", "/-/auth-token", "/-/metadata", "/_internal", "/_memory", "/.json",
     "/data.db", "/data/inbox", "/data/outbox", "/data/tombstones", "/data/receipts", "/data/conversations", "/data/events",
     "/data/knowledge_versions", "/data/inbox.csv", "/data/transcript_search_data", "/data/_sqlite_migrations", "/data/facets",
     "/assets/../base.html", "/assets/%2e%2e/base.html", "/-/static/app.css", "/%2e%2e/etc/passwd", "/data/inbox/1"],
)  # fmt: skip
def test_what_is_not_listed_is_not_there(site, path):
    assert site.operator.get(path).status_code in (403, 404)


@pytest.mark.parametrize(
    "sql",
    [
        "select raw from inbox", "select count(*) from inbox", "select count(*) from INBOX",
        "with x as (select count(*) from inbox) select * from x",
        "select body from outbox", "select address from conversations",
        "select 1 from conversations where address like '%T1%'", "select * from conversations",
        "with advisories as (select address from conversations) select * from advisories",
        "select (select address from conversations limit 1) from advisories",
        "select place from (select place from conversations) as advisories", "select digest from tombstones",
        "select receipt from receipts", "select event from events", "select * from sqlite_stat1", "select * from dbstat",
        "select data from sqlite_dbpage", "select load_extension('x')", "select readfile('/etc/passwd')",
        "select * from pragma_writable_schema", "delete from reviews", "attach 'x.db' as x",
        "select id from advisories union select raw from inbox", "pragma table_info(inbox)",
    ],
)  # fmt: skip
def test_sql_reaches_only_what_is_listed_and_writes_nothing(site, talks, sql):
    answer = site.operator.get(f"/data.json?sql={quote(sql)}&_shape=array")
    assert answer.status_code in (400, 403), answer.text[:300]


def test_the_guard_holds_on_a_bare_connection_even_for_writing(talks):
    talks.store.index()
    connection = sqlite3.connect(talks.path)
    tables.guard(connection)
    for sql in ("DELETE FROM reviews", "UPDATE reviews SET note = ''", "CREATE TEMP TABLE x(a)", "PRAGMA writable_schema=1",
                "ATTACH ':memory:' AS y", "CREATE VIEW v AS SELECT 1", "PRAGMA journal_mode=DELETE", "VACUUM"):  # fmt: skip
        with pytest.raises(sqlite3.DatabaseError):
            connection.execute(sql)
    assert connection.execute("SELECT count(*) FROM transcript_search WHERE transcript_search MATCH 'photo'").fetchone()[0]
    connection.close()


def test_an_analyst_gets_facets_full_text_sql_csv_and_json_and_each_query_is_on_record(site, talks):
    visitor = site.operator
    assert "advised" in visitor.page("/data/advisories?_facet=status").text
    rows = visitor.get("/data/transcript.json?_search=dictation&_shape=array").json()
    assert rows and all("dictation" in row["text"].lower() for row in rows)
    assert visitor.get("/data/advisories.json?_shape=array").json()[0]["id"] == talks.ann
    assert talks.bob in visitor.get("/data/advisories.csv").text
    found = visitor.get("/data.json?sql=select+count(*)+as+n+from+answers&_shape=array").json()
    assert found[0]["n"] > 5
    assert f"/advisory/{talks.ann}" in visitor.page("/data/advisories").links
    assert site.audit() == [("console:local:operator", "*", "query")] * 6


def test_a_query_that_runs_too_long_is_ended(site):
    sql = "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n"
    answer = site.operator.get(f"/data.json?sql={quote(sql)}")
    assert answer.status_code == 400 and "time limit" in answer.text.lower().replace("sql interrupted", "time limit")


def test_who_is_no_reviewer_sees_no_table_and_runs_no_sql(site):
    ann = site.person(ANN)
    for path in ("/data", "/data/advisories", "/data/transcript.csv", "/data.json?sql=select+1"):
        assert ann.get(path).status_code == 403, path
    assert "Tables and SQL" not in ann.page("/").text and site.audit() == []


def test_nobody_sees_or_touches_what_is_not_theirs(site, talks):
    ann = site.person(ANN)
    assert talks.bob not in ann.page("/").html and talks.bob not in ann.page("/?q=dictation").html
    assert "1 of 1" in ann.page("/statistics").text
    base = f"/advisory/{talks.bob}"
    for path in ("", "/replay", "/export.json", "/export.csv", "/memo.html", "/delete", "/picture.png?event=3"):
        answer = ann.get(base + path)
        assert answer.status_code == 404 and "Dictation" not in answer.text, path
    for path, form in (
        ("/review", {"verdict": "wrong", "by": "x"}), ("/outcome", {"chosen": "none"}),
        ("/delete", {"sure": "yes"}), ("/strike", {"words": "Dictation", "sure": "yes"}),
    ):  # fmt: skip
        assert ann.post(base + path, **form).status_code in (403, 404), path
    assert "Dictation typing" in site.operator.page(base).text


def test_a_person_reads_their_own_without_a_trace_but_reviews_nothing(site, talks):
    ann = site.person(ANN)
    page = ann.page(f"/advisory/{talks.ann}")
    assert page.status == 200 and "Was the advice right?" not in page.text and site.audit() == []
    assert ann.post(f"/advisory/{talks.ann}/review", verdict="right", by="Ann").status_code == 403


def test_a_participant_reads_a_shared_thread_but_cannot_erase_it(site, talks):
    talks.send("p1", person=BOB, text="and 5 minutes each")
    bob = site.person(BOB)
    page = bob.page(f"/advisory/{talks.ann}")
    assert page.status == 200 and "Delete this advisory" not in page.text
    assert bob.get(f"/advisory/{talks.ann}/delete").status_code == 404


def test_every_reading_of_anothers_transcript_is_on_record(site, talks):
    rita = site.visitor(Viewer(RITA, True, RITA))
    for path in ("", "/replay", "/export.md", "/memo.html"):
        rita.get(f"/advisory/{talks.ann}{path}")
    assert site.audit() == [(RITA, talks.ann, did) for did in ("show", "replay", "export", "export")]


def test_pages_ask_nothing_of_another_host(site, talks):
    page = Page(site.operator.get(f"/advisory/{talks.ann}").text)
    assert "link" in page.tags and "script" not in page.tags and "style" not in page.tags and "style" not in page.attributes
