"""Headless Chromium on a real `advisor review`: search, open, review, replay, export, by keyboard alone, narrow and dark."""

import json
import shutil
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright
from review_site import ANN, Served
from test_review_security import EVIL_PERSON, HOSTILE

from bot.review import outcome
from talks import OPERATOR, Talks

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed; .ci/peers installs it")


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield found
        found.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    talks = Talks(tmp_path_factory.mktemp("browser") / "a.db")
    talks.ann = talks.advised("p1", person=ANN, words="Photo tags for our web shop", volume={"status": "dont_know"})
    talks.bob = talks.advised("p2", words="Dictation typing", kind="transcription", data="regulated")
    talks.evil = talks.advised("p3", words=HOSTILE[0], person=EVIL_PERSON)
    for text in HOSTILE:
        talks.send("p3", person=EVIL_PERSON, text=text)
    from bot.archive import Archive

    archive = Archive(talks.path)
    outcome(archive, OPERATOR, talks.bob, "in_house", "Kept it")
    archive.close()
    found = Served(talks.path)
    found.talks = talks
    yield found
    found.close()
    talks.close()


@pytest.fixture(scope="module")
def state(browser, served):
    context = browser.new_context()
    page = context.new_page()
    page.goto(served.link)
    kept = context.storage_state()
    context.close()
    return kept


@pytest.fixture
def visit(browser, served, state):
    """Opens a page; fails afterwards if it ran a script, asked another host, or complained."""
    contexts, asked, said = [], [], []

    def open_page(path="/", **options):
        context = browser.new_context(storage_state=state, base_url=served.address, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text) if not _style_of_datasette(message) else None)
        page.on("dialog", lambda dialog: said.append(f"dialog: {dialog.message}"))
        page.on("pageerror", lambda error: said.append(f"error: {error}"))
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [url for url in asked if not url.startswith(served.address)] == []
    assert said == []


def _style_of_datasette(message):
    """Its own pages colour their heading by an attribute, which the policy refuses."""
    return "/data" in message.location["url"] and message.text.startswith("Applying inline style violates")


def test_a_reviewer_searches_opens_reviews_and_goes_on_to_the_next(visit, served):
    page = visit("/")
    page.get_by_label("Search everything said").fill("photo tags")
    page.get_by_role("button", name="Search").click()
    assert page.locator("mark").first.inner_text().lower() == "photo"
    page.locator("a.row").first.click()
    assert page.url.endswith(f"/advisory/{served.talks.ann}#event-1")
    assert "web shop" in page.get_by_role("heading", level=1).inner_text()
    page.get_by_label("Doubtful").check()
    page.get_by_label("Why").fill("The volume is missing")
    page.get_by_label("Flag it for a second look").check()
    page.get_by_label("Reviewed by").fill("Rita")
    page.get_by_role("button", name="Save and go to the next").click()
    assert page.get_by_role("status").inner_text() == "Your review is kept: doubtful, flagged."
    assert f"/advisory/{served.talks.ann}" not in page.url
    page.goto(f"/advisory/{served.talks.ann}")
    assert "The volume is missing" in page.locator("section", has=page.locator("#review")).inner_text()


def test_the_picture_and_the_proof_of_a_reason_open(visit, served):
    page = visit(f"/advisory/{served.talks.ann}")
    picture = page.locator("img.picture").first
    picture.scroll_into_view_if_needed()
    assert picture.evaluate("async image => { await image.decode(); return image.naturalWidth }") == 1000
    assert "microlabor" in picture.get_attribute("alt")
    proof = page.locator("details.proof", has_text="Rests on C08").first
    proof.locator("summary").click()
    link = proof.locator("a").first
    assert link.get_attribute("href").startswith("https://") and "noopener" in link.get_attribute("rel")


def test_replay_is_a_click_away_and_says_what_it_found(visit, served):
    page = visit(f"/advisory/{served.talks.ann}")
    page.get_by_role("link", name="Would we say the same today?").click()
    assert "identical, byte for byte" in page.get_by_role("main").inner_text()


def test_an_export_is_downloaded(visit, served, tmp_path):
    page = visit(f"/advisory/{served.talks.ann}")
    with page.expect_download() as download:
        page.get_by_role("link", name="json", exact=True).click()
    kept = tmp_path / "kept.json"
    download.value.save_as(kept)
    assert download.value.suggested_filename == f"{served.talks.ann}.json"
    assert json.loads(kept.read_text("utf-8"))["id"] == served.talks.ann


def test_everything_can_be_done_by_keyboard(visit, served):
    page = visit("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    assert page.locator(".skip").bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type("dictation")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=dictation**")
    tab_to(page, "document.activeElement.matches('a.row')")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/advisory/{served.talks.bob}*")
    tab_to(page, "document.activeElement.name === 'verdict'")
    page.keyboard.press("Space")
    tab_to(page, "document.activeElement.name === 'note'")
    page.keyboard.type("Sound")
    tab_to(page, "document.activeElement.value === 'stay'")
    page.keyboard.press("Enter")
    page.get_by_role("status").wait_for()
    assert page.get_by_role("status").inner_text() == "Your review is kept: right." and outline == "solid"


def tab_to(page, reached, most=120):
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate(reached):
            return
    raise AssertionError(f"the keyboard does not get to where {reached}")


PAGES = (
    "/", "/?q=photo", "/statistics", "/advisory/{ann}", "/advisory/{evil}", "/advisory/{ann}/replay",
    "/advisory/{ann}/delete", "/data/advisories", "/sign-in",
)  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_wider_than_a_phone(visit, served, path):
    page = visit(path.format(**vars(served.talks)), viewport={"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_dark_where_dark_is_wanted_with_readable_contrast(visit, served, path):
    page = visit(path.format(**vars(served.talks)), color_scheme="dark")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(20, 23, 28)" and page.evaluate("getComputedStyle(document.body).color") == "rgb(233, 230, 223)"


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_outlined_and_every_field_has_a_name(visit, served, path):
    page = visit(path.format(**vars(served.talks)))
    assert page.locator("html").get_attribute("lang") == "en" and page.title()
    assert page.locator("h1").count() == 1 and page.locator("main").count() == 1
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(each => Number(each.tagName[1]))")
    assert all(after <= before + 1 for before, after in pairwise(levels)) or path.startswith("/data"), levels
    nameless = page.evaluate(
        "[...document.querySelectorAll('input:not([type=hidden]):not([type=submit]),select,textarea')]"
        ".filter(each => !each.labels.length && !each.getAttribute('aria-label')).map(each => each.name)"
    )
    assert nameless == [] or path.startswith("/data"), nameless
    assert page.evaluate("[...document.images].every(each => each.alt)")
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(each => each.id)")
    assert len(ids) == len(set(ids))


def test_a_hostile_transcript_runs_nothing_and_moves_nothing(visit, served):
    page = visit(f"/advisory/{served.talks.evil}")
    assert "<script>alert(1)</script>" in page.get_by_role("main").inner_text()
    assert page.locator("main script, main iframe, main img:not(.picture)").count() == 0
    assert page.locator("details", has_text="more letters").count() == 1


def test_tables_of_the_analysts_work_without_a_script(visit):
    page = visit("/data/advisories")
    page.get_by_role("link", name="verdict", exact=True).first.click()
    page.locator("form.filters select[name=_filter_column]").select_option("kind")
    page.locator("form.filters input[name=_filter_value]").fill("transcription")
    page.get_by_role("button", name="Apply").click()
    assert "1 row" in page.get_by_role("main").inner_text()


def test_the_screenshots_of_the_readme_are_there_and_small():
    kept = sorted((Path(__file__).parents[2] / "docs" / "pictures").glob("review_*.png"))
    assert len(kept) >= 4 and all(path.stat().st_size < 200_000 for path in kept)
