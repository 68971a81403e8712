"""The review pages: the list with filters and search, the conversation, the forms, replay, export and statistics."""

import json
import re

import pytest
from review_site import ANN, RITA, Page, Site
from structlog.testing import capture_logs

from bot.archive import Filter
from knowledge.load import load, packaged_files
from talks import OPERATOR, Talks
from test_replay import with_veto


def names(page):
    return [link.partition("?")[0].partition("#")[0].rpartition("/")[2] for link in page.links if link.startswith("/advisory/")]


def test_the_list_shows_newest_first_with_verdict_and_unknowns_in_words(site, talks):
    page = site.operator.page("/")
    assert names(page) == [talks.begun, talks.bob, talks.ann]
    assert "3 advisories" in page.text and "Close call Crowd vendor 1 unknown" in page.text and "In progress" in page.text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("verdict=close", "ann bob"), ("status=open", "begun"), ("status=paused", ""), ("kind=transcription", "bob"),
        ("unknowns=yes", "ann"), ("unknowns=no", "begun bob"), ("reviewed=yes", ""), ("flagged=no&unknowns=yes", "ann"),
        ("platform=slack", ""), ("platform=console", "ann begun bob"), ("since=2023-11-14&until=2023-11-14", "ann begun bob"),
        ("since=2023-11-15", ""), ("until=2023-11-13", ""), (f"person={ANN}", "ann"), ("recommended=crowd_vendor", "ann"),
        ("outcome=split", ""),
    ],
)  # fmt: skip
def test_each_filter_narrows_the_list(site, talks, query, expected):
    page = site.operator.page(f"/?{query}")
    assert sorted(names(page)) == sorted(getattr(talks, each) for each in expected.split())


def test_a_filter_that_cannot_be_understood_is_said_and_narrows_nothing(site):
    page = site.operator.page("/?verdict=nonsense&since=yesterday")
    assert "could not be understood: verdict, since" in page.text and len(names(page)) == 3


def test_pages_follow_each_other_by_key_and_the_count_ends_where_it_would_cost(tmp_path):
    talks = Talks(tmp_path / "many.db")
    for number in range(45):
        talks.send(f"p{number}", fresh=True)
    site = Site(talks.path)
    visitor, seen, path = site.operator, [], "/"
    while path:
        page = visitor.page(path)
        seen += names(page)
        path = next((link for link in page.links if "after=" in link and link.startswith("/?")), None)
    assert len(seen) == len(set(seen)) == 45
    assert "45 advisories" in visitor.page("/").text
    archive_count = site.wait(site.desk.run(lambda library: library.archive.count(OPERATOR, Filter(), 10)))
    assert archive_count == 10
    assert visitor.get("/?after=nonsense").status_code == 400
    site.close()
    talks.close()


def test_search_highlights_the_words_links_to_the_message_and_honours_the_filters(site, talks):
    page = site.operator.page("/?q=dictation")
    assert "<mark>Dictation</mark>" in page.html and f"/advisory/{talks.bob}#event-1" in page.links
    assert "Nothing was found" in site.operator.page("/?q=dictation&kind=tagging").text
    assert "Nothing was found" in site.operator.page("/?q=%22%27*%20NEAR(").text
    assert ("console:local:operator", talks.bob, "search") in site.audit()


def test_the_conversation_shows_what_each_message_was_understood_as_with_question_ids_and_stable_links(site, talks):
    page = site.operator.page(f"/advisory/{talks.ann}")
    for anchor in ("event-0", "event-0-2", "event-1", "event-2", "event-3"):
        assert f'id="{anchor}"' in page.html and f"#{anchor}" in page.links
    assert "Understood as the process: Photo tags for our web shop process" in page.text
    assert "volume: don't know volume" in page.text
    assert 'title="Question process"' in page.html and f"knowledge {site.desk.today.version}" in page.text


def test_the_advice_card_opens_to_sources_and_says_what_the_picture_shows(site, talks):
    page = site.operator.page(f"/advisory/{talks.ann}")
    source = site.desk.today.sources[site.desk.today.sources_of("C17")[0]]
    assert source.url in page.links and source.title in page.html.replace("&#39;", "'")
    assert "Rests on C08" in page.text and "The strongest case against" in page.text
    assert all(link.startswith(("https://", "http://", "/", "#")) for link in page.links)
    images = [link for link in page.links if "/picture.png" in link]
    assert {"light", "dark"} <= {link.split("theme=")[1].split("&")[0] for link in images}
    assert 'alt="' in page.html and "<img" in page.html


def test_a_picture_is_drawn_for_the_session_that_was_shown_the_page_and_for_no_other(site, talks):
    visitor = site.operator
    page = visitor.page(f"/advisory/{talks.ann}")
    address = next(link for link in page.links if "/picture.png" in link and "which=options" in link)
    before = site.audit()
    picture = visitor.get(address)
    assert picture.headers["content-type"] == "image/png" and picture.content.startswith(b"\x89PNG")
    assert site.audit() == before
    assert site.operator.get(address).status_code == 404
    assert visitor.get(address.replace("event=3", "event=1")).status_code == 404


def test_a_review_is_kept_under_the_name_given_and_leads_to_the_next(site, talks):
    visitor = site.operator
    answer = visitor.post(
        f"/advisory/{talks.bob}/review", verdict="doubtful", note="Too few facts", by="Rita", flag="yes", then="next"
    )
    assert answer.status_code == 303 and answer.headers["location"].startswith("/next?after=")
    page = visitor.page(answer.headers["location"])
    assert page.url.endswith(f"/advisory/{talks.ann}") and "Your review is kept: doubtful, flagged." in page.text
    assert "Doubtful Flagged Rita" in visitor.page(f"/advisory/{talks.bob}").text
    assert names(visitor.page("/?flagged=yes")) == [talks.bob] == names(visitor.page("/?reviewed=yes"))


def test_next_goes_through_the_list_that_was_narrowed_and_ends_in_words(site, talks):
    visitor = site.operator
    assert visitor.page("/next").url.endswith(f"/advisory/{talks.bob}")
    assert visitor.page("/next?unknowns=yes").url.endswith(f"/advisory/{talks.ann}?unknowns=yes")
    for id in (talks.ann, talks.bob):
        visitor.post(f"/advisory/{id}/review", verdict="right", by="Rita")
    assert "All reviewed" in visitor.page("/next").text


@pytest.mark.parametrize("form", [{"by": "Rita"}, {"verdict": "perfect", "by": "Rita"}, {"verdict": "right", "by": "  "}])
def test_a_review_without_verdict_or_name_is_refused_in_words_and_stores_nothing(site, talks, form):
    answer = site.operator.post(f"/advisory/{talks.ann}/review", **form)
    assert answer.status_code == 400 and "Nothing was stored" in answer.text
    assert names(site.operator.page("/?reviewed=yes")) == []


def test_an_outcome_is_kept_and_shown(site, talks):
    visitor = site.operator
    assert visitor.post(f"/advisory/{talks.ann}/outcome", chosen="crowd_vendor", happened="Pilot went well").status_code == 303
    assert "Pilot went well" in visitor.page(f"/advisory/{talks.ann}").text
    assert names(visitor.page("/?outcome=crowd_vendor")) == [talks.ann]
    assert visitor.post(f"/advisory/{talks.ann}/outcome", chosen="magic").status_code == 400


def test_replay_on_the_same_knowledge_is_identical_byte_for_byte(site, talks):
    page = site.operator.page(f"/advisory/{talks.ann}/replay")
    assert "identical, byte for byte" in page.text and "Yes." not in page.text
    assert "no advice was given" in site.operator.page(f"/advisory/{talks.begun}/replay").text.lower()
    assert [did for _, _, did in site.audit()] == ["replay", "replay"]


def test_replay_says_what_would_differ_today_and_because_of_which_change(talks):
    later = Site(talks.path, today=with_veto("crowd_vendor"))
    page = later.operator.page(f"/advisory/{talks.ann}/replay")
    later.close()
    assert "No. Today the advice would be another one." in page.text
    assert "Because the knowledge changed here vetoes.veto_new" in page.text
    assert "identical, byte for byte" in page.text


@pytest.mark.parametrize("form", ["md", "html", "json", "csv"])
def test_an_export_is_a_file_to_keep_and_is_on_record(site, talks, form):
    answer = site.operator.get(f"/advisory/{talks.ann}/export.{form}")
    assert answer.status_code == 200 and f'filename="{talks.ann}.{form}"' in answer.headers["content-disposition"]
    assert "Photo tags" in answer.text
    assert site.audit() == [("console:local:operator", talks.ann, "export")]
    if form == "json":
        assert json.loads(answer.text)["advice"]


def test_the_memo_can_be_taken_away(site, talks):
    answer = site.operator.get(f"/advisory/{talks.ann}/memo.html")
    assert answer.status_code == 200 and f'filename="{talks.ann}.memo.html"' in answer.headers["content-disposition"]
    assert site.operator.get(f"/advisory/{talks.begun}/memo.html").status_code == 404
    assert site.operator.get(f"/advisory/{talks.ann}/export.exe").status_code == 404


def test_an_advice_on_a_knowledge_base_without_todays_sentences_has_its_memo_and_picture(tmp_path):
    files = {
        name: re.sub(r"^(memo|chart)_.*\n(?:[ #].*\n)*", "", text, flags=re.M) if name.endswith("sentences.yaml") else text
        for name, text in packaged_files().items()
    }
    old = load(files)
    assert "memo_title" not in old.words("en").sentences
    talks = Talks(tmp_path / "old.db", base=old, files=files)
    id = talks.advised("p1")
    site = Site(talks.path)
    visitor = site.operator
    assert visitor.get(f"/advisory/{id}/memo.html").status_code == 200
    page = visitor.page(f"/advisory/{id}")
    assert visitor.get(next(link for link in page.links if "/picture.png" in link)).content.startswith(b"\x89PNG")
    assert f"knowledge {old.version}" in page.text and old.version != site.desk.today.version
    site.close()
    talks.close()


def test_deleting_asks_first_then_shows_a_receipt_and_leaves_nothing(site, talks):
    visitor, path = site.operator, f"/advisory/{talks.ann}/delete"
    assert "cannot be undone" in visitor.page(path).text
    assert "Tick the box" in Page(visitor.post(path).text).text and visitor.get(f"/advisory/{talks.ann}").status_code == 200
    receipt = Page(visitor.post(path, sure="yes").text)
    assert "Deleted" in receipt.text and "tombstone" in receipt.text and "are clean" in receipt.text
    assert visitor.get(f"/advisory/{talks.ann}").status_code == 404 and len(names(visitor.page("/"))) == 2
    assert b"Photo tags for our web shop" not in talks.path.read_bytes()


def test_words_are_taken_out_after_a_look_at_what_would_go(site, talks):
    visitor, path = site.operator, f"/advisory/{talks.ann}/strike"
    asked = Page(visitor.post(path, words="Photo tags").text)
    assert "Take these words out?" in asked.text and "Photo tags" in visitor.page(f"/advisory/{talks.ann}").text
    done = Page(visitor.post(path, words="Photo tags", sure="yes").text)
    assert "Taken out" in done.text
    after = visitor.page(f"/advisory/{talks.ann}")
    assert "[erased] for our web shop" in after.text and "Photo tags" not in after.html
    assert "Photo tags" not in visitor.get(f"/advisory/{talks.ann}/export.json").text
    assert "Nothing was found" in visitor.page("/?q=photo+tags").text
    assert visitor.post(path, words="ab").status_code == 400 and visitor.post(path, words="unicorn").status_code == 400


def test_statistics_print_every_number_as_chart_and_as_table(site, talks):
    visitor = site.operator
    visitor.post(f"/advisory/{talks.ann}/outcome", chosen="crowd_vendor", happened="")
    page = visitor.page("/statistics")
    assert page.tags.count("svg") == page.tags.count("details") - 1 > 5  # each chart has its table; one more is the filters
    assert "2 of 3" in page.text and "1 of 1 known outcomes" in page.text
    assert 'aria-label="How far they came: Advised 2, In progress 1"' in page.html
    assert "Where people do not know" in page.text and "Volume" in page.text
    assert "nothing to count" in visitor.page("/statistics?platform=slack").text


def test_a_page_that_is_not_there_and_a_database_that_says_no_are_told_in_words(site, talks, monkeypatch):
    from bot.store_errors import StoreError

    visitor = site.operator
    assert "no such advisory, or none that you may read" in visitor.page("/advisory/nothing").text
    assert visitor.get("/nonsense").status_code == 404

    async def refuse(_):
        raise StoreError("the disk is full; nothing was stored, free some space and try again")

    monkeypatch.setattr(site.desk, "run", refuse)
    page = visitor.page("/statistics")
    assert page.status == 503 and "nothing was stored, free some space" in page.text


def test_a_failure_of_ours_shows_no_exception_and_logs_no_address(site, talks, monkeypatch):
    def fail(*_):
        raise KeyError("Photo tags secret")

    monkeypatch.setattr("adapters.review.advisory.story", fail)
    with capture_logs() as logged:
        page = site.operator.page(f"/advisory/{talks.ann}")
    assert page.status == 500 and "Something went wrong" in page.text and "secret" not in page.text
    assert [(each["event"], each["path"]) for each in logged] == [("a review page failed", "advisory")]


def test_a_reviewer_by_name_sees_everything(site, talks):
    assert len(names(site.person(RITA).page("/"))) == 3
