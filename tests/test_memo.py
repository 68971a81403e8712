"""The decision memo: what it must hold, for every advice, and that it prints on two pages at most."""

import re
import shutil
import subprocess
from datetime import date

import pytest
from click.testing import CliRunner

from adapters.cli import main
from advices import drawn, every, examples, precedents
from bot.answers import Answer, Money
from bot.memo import MOST_ASKED, memo, memo_page
from knowledge.load import packaged
from talk import Talk
from talks import Talks

ALL = every()
DAY = date(2026, 11, 25)
WORDS = packaged().words("en")


def told(advice):
    return memo(advice, packaged(), "en", DAY, "case0001")


@pytest.mark.parametrize("name", ALL)
def test_the_memo_holds_the_whole_decision(name):
    advice = ALL[name]
    text = told(advice).replace("\\", "")
    assert text.startswith("# Client brief" if advice.provider else "# Decision memo")
    assert advice.knowledge_version in text and advice.answers_digest in text
    if advice.provider:
        assert all(point.text in text for point in advice.provider.stress)
        return
    assert advice.headline in text and advice.sure in text
    for option in advice.options:
        if option.id != advice.recommended:
            assert f"**{WORDS.options[option.id].short}**" in text
        if option.excluded:
            assert option.excluded.text in text
    assert all(flip.text in text for flip in advice.flips[:5])
    assert all(each.text in text for each in advice.find_out[:5])
    assert all(guard.text in text for guard in advice.safeguards)


@pytest.mark.parametrize("name", ALL)
def test_every_source_cited_in_the_memo_is_listed_with_its_date(name):
    text = told(ALL[name])
    body, _, sources = text.rpartition("## Sources")
    cited = {id for group in re.findall(r"\(([^()]*)\)", body) for id in re.findall(r"\b[CEDK]\d{2,3}\b", group)}
    for id in cited:
        assert any(re.search(rf"^- {s}: .*: [^:]*\b{id}\b", sources, re.M) for s in packaged().sources_of(id)[:1]), id
    for line in sources.splitlines():
        if line.startswith("- S"):
            assert re.search(r"\([^()]+\): [CDEKXO]\d+(, [CDEKXO]\d+)*$", line), line


@pytest.mark.parametrize("name", ALL)
def test_every_weak_answer_becomes_a_question_to_providers(name):
    advice = ALL[name]
    if advice.provider:
        return
    text = told(advice)
    asked = {tender.question: WORDS.rules[tender.id].text for tender in packaged().tender.values()}
    unsure = [each.question for each in advice.answers if each.status in ("dont_know", "later") or each.unsure]
    weak = [each for each in dict.fromkeys([*(each.question for each in advice.find_out), *unsure]) if each in asked]
    for question in weak[:MOST_ASKED]:
        assert asked[question] in text.replace("\\", "")


def test_assumptions_have_an_owner_and_a_review_date_half_a_year_on():
    table = told(examples()["close"]).partition("## Assumptions to settle")[2].partition("##")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ") and "owner" not in line]
    assert rows
    assert all(row.endswith("| 2027-05-26 |") for row in rows)
    assert all(any(f"| {owner} |" in row for owner in ("Procurement", "Operations", "Finance", "Quality")) for row in rows)


def answered(advice, **values):
    given = tuple(
        each.model_copy(update={"status": "given", "value": values[each.question]}) if each.question in values else each
        for each in advice.answers
    )
    return advice.model_copy(update={"answers": given})


def pilot(advice):
    return re.split(r"\n## ", told(advice).partition("ilot")[2].partition("## Pilot")[2] or told(advice))[0].replace("\\", "")


def test_the_pilot_fits_the_target_and_the_volume():
    close = examples()["close"]
    assert "Pass if at most 12 of the 1,941 are wrong" in pilot(close)
    assert "Pass only if none of the 299 is wrong" in pilot(answered(close, volume=300.0))
    assert "No pilot of a practical size shows 99 %: 100 items without a single error show 97.05 %" in pilot(
        answered(close, volume=100.0)
    )
    assert "No sample can show 100 %" in pilot(answered(close, accuracy=100.0))
    assert "Settle first which share of items must be right" in pilot(close.model_copy(update={"answers": ()}))


def test_what_is_piloted_is_who_would_do_the_work():
    assert "What to pilot: microlabor through a managing vendor" in pilot(examples()["split"])
    assert "What to pilot: an onshore BPO provider" in pilot(examples()["close"])
    provider = next(advice for advice in ALL.values() if advice.provider and advice.recommended and _target(advice))
    text = told(provider)
    assert f"What to pilot: {WORDS.options[provider.provider.best_offer].name}." in text
    assert "have your own experts" not in text


def _target(advice):
    return any(each.question == "accuracy" and each.status == "given" for each in advice.answers)


def test_an_abstention_refuses_nothing_but_what_is_ruled_out():
    open_ = next(advice for advice in ALL.values() if advice.recommended is None and not advice.provider)
    text = told(open_)
    assert "Options refused" not in text
    assert "Where the options stand" in text
    assert not re.search(r"\((\d+) against \1\)", text)


def test_answers_come_back_from_the_advice_as_they_were_given():
    stated = {each.question: each.answer for each in examples()["close"].answers}
    assert stated["hourly_cost"] == Answer(value=Money(amount=31.5, currency="EUR"))
    assert stated["priorities"] == Answer(value=(("cost",), ("quality",), ("security",), ("flexibility",)))
    assert stated["accuracy"] == Answer(value=99.0, unsure=True)
    assert stated["residency"] == Answer(status="dont_know")
    assert stated["ip"] is None


def test_the_page_loads_nothing_and_runs_nothing():
    page = memo_page(examples()["split"], packaged(), "en", DAY)
    assert "default-src 'none'" in page
    assert "<script" not in page and "@import" not in page and "url(" not in page


def test_a_process_with_markup_is_shown_as_it_was_typed():
    hostile = tuple(
        each.model_copy(update={"value": "<b>x</b> | *y* [z](http://evil.example)"}) if each.question == "process" else each
        for each in examples()["close"].answers
    )
    page = memo_page(examples()["close"].model_copy(update={"answers": hostile}), packaged(), "en", DAY)
    assert "<b>x</b>" not in page and 'href="http://evil.example"' not in page


def printed(page, folder):
    """How many A4 pages Chromium prints it on."""
    (folder / "memo.html").write_text(page, "utf-8")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    flags += ["--disable-sync", "--disable-component-update", f"--user-data-dir={folder / 'profile'}"]
    flags += ["--no-pdf-header-footer", f"--print-to-pdf={folder / 'memo.pdf'}", (folder / "memo.html").as_uri()]
    subprocess.run(["chromium", *flags], check=True, capture_output=True, timeout=120)
    return len(re.findall(rb"/Type\s*/Page\b", (folder / "memo.pdf").read_bytes()))


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no Chromium to print with")
def test_the_longest_memo_prints_on_two_pages(tmp_path):
    pages = {name: memo_page(advice, packaged(), "en", DAY, name) for name, advice in {**examples(), **precedents()}.items()}
    for name in sorted(pages, key=lambda name: len(pages[name]))[-2:]:
        assert printed(pages[name], tmp_path) in (1, 2), name


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no Chromium to print with")
def test_the_longest_client_brief_of_a_provider_prints_on_one_page(tmp_path):
    pages = [memo_page(advice, packaged(), "en", DAY, name) for name, advice in drawn().items() if advice.provider]
    assert len(pages) > 5
    for page in sorted(pages, key=len)[-2:]:
        assert printed(page, tmp_path) == 1


def test_a_past_advisory_is_exported_as_a_memo(tmp_path):
    talk = Talk(tmp_path / "advisor.db")
    talk.begin()
    talk.say("we tag 20,000 public product photos a month, half a minute each, cost first")
    talk.say("yes")
    talk.say("advise now")
    talk.store.close()
    run = CliRunner().invoke(
        main,
        ["transcripts", "export", "--memo", "--format", "html", "--db", str(tmp_path / "advisor.db"), "--out", "-", "case0001"],
    )
    assert run.exit_code == 0, run.output
    assert "Decision memo" in run.output and "transcripts replay case0001" in run.output


def test_memos_on_stdout_are_one_markdown_document_and_never_several_pages_in_one(tmp_path):
    talks = Talks(tmp_path / "advisor.db")
    for place in ("p1", "p2"):
        talks.advised(place)
    talks.close()
    call = ["transcripts", "export", "--memo", "--db", str(tmp_path / "advisor.db"), "--out", "-"]
    run = CliRunner().invoke(main, call)
    assert run.exit_code == 0 and run.stdout.count("# Decision memo") == 2 and run.stdout.count("\n---\n") == 1
    refused = CliRunner().invoke(main, [*call, "--format", "html"])
    assert refused.exit_code == 2 and "2 pages cannot be one; give --out DIR" in refused.output


def test_a_conversation_without_advice_has_no_memo(tmp_path):
    talk = Talk(tmp_path / "advisor.db")
    talk.begin()
    talk.store.close()
    run = CliRunner().invoke(
        main, ["transcripts", "export", "--memo", "--db", str(tmp_path / "advisor.db"), "--out", "-", "case0001"]
    )
    assert run.exit_code == 0
    assert "there is no advice that a memo could be made of" in run.output


def test_the_command_writes_picture_and_memo(tmp_path):
    chart, page = tmp_path / "chart.png", tmp_path / "memo.html"
    run = CliRunner().invoke(main, ["advise", "docs/examples/close.yaml", "--chart", str(chart), "--memo", str(page)])
    assert run.exit_code == 0, run.output
    assert chart.read_bytes().startswith(b"\x89PNG")
    assert "Decision memo" in page.read_text("utf-8")


@pytest.mark.parametrize("option", ["--chart", "--memo"])
def test_a_file_of_another_kind_is_refused_with_what_is_taken(option, tmp_path):
    run = CliRunner().invoke(main, ["advise", "docs/examples/close.yaml", option, str(tmp_path / "file.gif")])
    assert run.exit_code == 2
    assert "expected a file name that ends in ." in run.output
