"""Pages whose session has ended or was replaced, and lost responses: nothing is done twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests import sounds
from tests.browser.screenshots import check_page
from tests.browser.test_main_job import upload
from tests.browser.test_upload import LARGE_SECONDS
from tests.factories import PASSWORD
from tests.live import Site

SIGNED_OUT = "You are signed out, so nothing was done. Sign in to go on"
SENT_AGAIN = "You had been signed out, so nothing was done. Please send it again."


def email_of(page: Page) -> str:
    return page.locator(".dropdown-item-text").text_content() or ""


def sign_in(page: Page, email: str) -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def end_session(page: Page) -> None:
    page.context.clear_cookies(name="sessionid")


def sign_in_elsewhere(context: BrowserContext, email: str) -> None:
    """Sign in as another person in another tab, which ends the first session."""
    other = context.new_page()
    context.clear_cookies(name="sessionid")
    other.goto("/account/login/")
    sign_in(other, email)
    expect(other.get_by_role("heading", level=1, name="Library")).to_be_attached()
    other.close()


def count(site: Site, model: str, page: Page) -> int:
    """Return how many rows of a person are in the database."""
    code = f"from library.models import {model}; print({model}.objects.filter(owner__email={email_of(page)!r}).count())"
    return int(site.manage("shell", "--no-imports", "-c", code))


@pytest.fixture
def track_page(signed_up: Page, tmp_path: Path) -> Page:
    """The page of an analysed track."""
    page = signed_up
    upload(page, sounds.write(tmp_path / "song.wav", seconds=4))
    expect(page.locator(".row-track .chip")).to_have_count(1, timeout=60_000)
    page.get_by_role("button", name="Close the list of uploads").click()
    page.get_by_role("link", name="song", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="song")).to_be_visible()
    return page


class TestTheSessionEnded:
    def test_what_was_typed_is_there_after_signing_in(self, track_page: Page) -> None:
        page = track_page
        email = email_of(page)
        page.get_by_role("link", name="Edit").click()
        page.get_by_label("Title", exact=True).fill("A new title")
        page.get_by_label("Album", exact=True).fill("Years of “quiet” <b>")
        end_session(page)
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("alert")).to_have_text(SIGNED_OUT)
        expect(page.get_by_label("Title", exact=True)).to_have_value("A new title")
        check_page(page, "signed-out-form")
        page.get_by_role("link", name="Sign in to go on").click()
        expect(page.get_by_text("to return to the page you came from")).to_be_visible()
        check_page(page, "signed-out-sign-in")
        sign_in(page, email)
        expect(page.get_by_text(SENT_AGAIN)).to_be_visible()
        expect(page.get_by_label("Title", exact=True)).to_have_value("A new title")
        expect(page.get_by_label("Album", exact=True)).to_have_value("Years of “quiet” <b>")
        check_page(page, "signed-out-back")
        # Not saved before; now it is.
        assert page.get_by_label("Title", exact=True).get_attribute("value") == "song"
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("heading", level=1, name="A new title")).to_be_visible()

    def test_it_is_shown_to_nobody_else(self, track_page: Page, site: Site) -> None:
        page = track_page
        site.token("else@example.org", PASSWORD)
        page.goto("/labels/")
        page.get_by_label("New tag").fill("a secret of mine")
        end_session(page)
        page.get_by_label("New tag").press("Enter")
        page.get_by_role("alert").get_by_role("link").click()
        sign_in(page, "else@example.org")
        expect(page.get_by_text(SENT_AGAIN)).to_be_visible()
        expect(page.get_by_label("New tag")).to_have_value("")
        assert page.evaluate("sessionStorage.getItem('earmark.typed')") is None

    def test_a_part_of_the_page_is_not_lost(self, track_page: Page) -> None:
        """Requests sent by htmx."""
        page = track_page
        email = email_of(page)
        end_session(page)
        page.get_by_label("New tag").fill("quiet")
        page.get_by_label("New tag").press("Enter")
        expect(page.get_by_role("alert")).to_have_text(SIGNED_OUT)
        expect(page.get_by_role("heading", name="Tags")).to_be_visible()
        expect(page.get_by_label("New tag")).to_have_value("quiet")
        sign_in_elsewhere(page.context, email)
        page.evaluate("dispatchEvent(new Event('focus'))")
        expect(page.get_by_role("alert")).to_contain_text("You are signed in again.")
        page.get_by_label("New tag").press("Enter")
        expect(page.get_by_role("button", name="Remove quiet")).to_be_visible()
        expect(page.get_by_role("alert")).to_have_count(0)

    def test_what_is_asked_for_in_the_background_says_it_once(self, track_page: Page) -> None:
        page = track_page
        page.goto("/")
        end_session(page)
        for term in ("nothing", "song"):
            with page.expect_response(lambda response: response.status == 401):
                page.get_by_role("searchbox").fill(term)
        expect(page.get_by_role("alert")).to_have_text("You are signed out. Sign in to go on")
        expect(page.locator(".row-track")).to_have_count(1)

    def test_a_sheet_is_not_opened_empty(self, track_page: Page) -> None:
        page = track_page
        page.goto("/")
        end_session(page)
        page.get_by_role("link", name="Add song to a playlist").click()
        expect(page.get_by_role("alert")).to_contain_text("You are signed out.")
        expect(page.get_by_role("dialog")).to_have_count(0)


class TestUploads:
    def test_go_on_after_signing_in(self, signed_up: Page, tmp_path: Path) -> None:
        page = signed_up
        email = email_of(page)
        large = sounds.write(tmp_path / "large.wav", seconds=LARGE_SECONDS)
        small = sounds.write(tmp_path / "small.wav", seconds=4)
        pieces: list[int] = []

        def cut(route: Route) -> None:
            if route.request.method == "PATCH":
                pieces.append(int(route.request.headers["upload-offset"]))
                if len(pieces) == 3:
                    end_session(page)
            route.continue_()

        page.route("**/uploads/*/", cut)
        upload(page, large)
        tray = page.get_by_role("region", name="Uploads")
        waits = tray.locator(".tray-state").get_by_text("You are signed out. Sign in, and this goes on.")
        expect(waits).to_have_count(1)
        page.locator("#files").set_input_files([small])
        expect(waits).to_have_count(2)
        check_page(page, "signed-out-upload")
        before = len(pieces)
        with page.expect_popup() as opened:
            waits.first.get_by_role("link").click()
        sign_in(opened.value, email)
        expect(opened.value.get_by_role("heading", level=1, name="Library")).to_be_attached()
        opened.value.close()
        for name in ("large.wav", "small.wav"):
            expect(tray.get_by_role("link", name=name)).to_be_visible(timeout=60_000)
        assert pieces[before] > 0  # bytes that had arrived were not sent again

    def test_with_a_token_of_before(self, signed_up: Page, tmp_path: Path) -> None:
        page = signed_up
        sign_in_elsewhere(page.context, email_of(page))
        upload(page, sounds.write(tmp_path / "song.wav", seconds=4))
        tray = page.get_by_role("region", name="Uploads")
        expect(tray.get_by_role("link", name="song.wav")).to_be_visible()

    def test_do_not_go_to_somebody_else(self, signed_up: Page, tmp_path: Path, site: Site) -> None:
        page = signed_up
        site.token("else@example.org", PASSWORD)
        sign_in_elsewhere(page.context, "else@example.org")
        upload(page, sounds.write(tmp_path / "mine.wav", seconds=4))
        tray = page.get_by_role("region", name="Uploads")
        expect(tray.locator(".tray-error")).to_contain_text("not sent to their library")
        page.goto("/upload/")
        expect(page.locator(".upload-row")).to_have_count(0)


class TestAnotherSessionBegan:
    def test_a_form_of_before_is_sent_with_the_token_of_now(self, track_page: Page) -> None:
        page = track_page
        sign_in_elsewhere(page.context, email_of(page))
        page.get_by_label("New tag").fill("quiet")
        page.get_by_label("New tag").press("Enter")
        expect(page.get_by_role("button", name="Remove quiet")).to_be_visible()
        sign_in_elsewhere(page.context, email_of(page))
        page.get_by_role("link", name="Edit").click()
        sign_in_elsewhere(page.context, email_of(page))
        page.get_by_label("Title", exact=True).fill("A new title")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("heading", level=1, name="A new title")).to_be_visible()

    def test_nothing_is_done_for_somebody_else(self, signed_up: Page, site: Site) -> None:
        page = signed_up
        page.goto("/labels/")
        site.token("else@example.org", PASSWORD)
        sign_in_elsewhere(page.context, "else@example.org")
        page.get_by_label("New tag").fill("quiet")
        page.get_by_label("New tag").press("Enter")
        expect(page.get_by_role("alert")).to_contain_text(
            "Somebody else is signed in now, so nothing was done."
        )
        page.get_by_role("link", name="Reload").click()
        expect(page.locator("#content").get_by_text("No tags yet.")).to_be_visible()


class TestAnAnswerIsLost:
    @pytest.fixture
    def playlists(self, signed_up: Page) -> Page:
        signed_up.goto("/playlists/")
        return signed_up

    @pytest.mark.parametrize("lost", [True, False])
    def test_it_is_not_sent_again(self, playlists: Page, site: Site, lost: bool) -> None:
        page = playlists
        sent: list[str] = []

        def lose(route: Route) -> None:
            if route.request.method != "POST":
                return route.continue_()
            sent.append(route.request.url)
            route.fetch(max_redirects=0)
            if lost:
                return route.abort()
            return route.fulfill(status=500, body="<h1>No</h1>", content_type="text/html")

        page.route("**/playlists/", lose)
        page.get_by_label("New playlist").fill("Late")
        page.get_by_label("New playlist").press("Enter")
        what = "No answer came." if lost else "The server could not answer."
        expect(page.get_by_role("alert")).to_have_text(f"{what} It may have been done. Reload to see")
        expect(page.get_by_label("New playlist")).to_have_value("Late")
        expect(page.locator("form[aria-busy]")).to_have_count(0)
        check_page(page, f"answer-{'lost' if lost else 'broken'}")
        assert len(sent) == 1
        assert count(site, "Playlist", page) == 1
        page.get_by_role("link", name="Reload").click()
        expect(page.locator("#content").get_by_role("link", name="Late")).to_be_visible()

    def test_nor_by_a_part_of_the_page(self, track_page: Page, site: Site) -> None:
        page = track_page
        sent: list[str] = []

        def lose(route: Route) -> None:
            sent.append(route.request.url)
            route.fetch(max_redirects=0)
            route.abort()

        page.route("**/tags/", lose)
        page.get_by_label("New tag").fill("quiet")
        page.get_by_label("New tag").press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("No answer came.")
        expect(page.get_by_label("New tag")).to_have_value("quiet")
        assert len(sent) == 1
        assert count(site, "Tag", page) == 1

    def test_a_double_click_sends_once(self, playlists: Page, site: Site) -> None:
        page = playlists
        held: list[Route] = []
        page.route("**/playlists/", lambda route: held.append(route))
        page.get_by_label("New playlist").fill("Late")
        button = page.get_by_role("button", name="Create")
        button.dblclick()
        expect(page.locator("form[aria-busy]")).to_have_count(1)
        expect(button).to_be_focused()
        page.keyboard.press("Enter")
        (route,) = held
        route.continue_()
        expect(page.get_by_role("heading", level=1, name="Late")).to_be_visible()
        assert len(held) == 1
        assert count(site, "Playlist", page) == 1


def test_what_is_gone_from_a_playlist_leads_back_to_it(track_page: Page) -> None:
    page = track_page
    page.get_by_role("link", name="Add to playlist").click()
    page.get_by_label("New playlist").fill("Late")
    page.get_by_role("button", name="Create and add").click()
    page.get_by_role("link", name="Open the playlist").click()
    expect(page.locator(".playlist-row")).to_have_count(1)
    other = page.context.new_page()
    other.goto(page.url)
    other.get_by_role("button", name="Remove song").click()
    expect(other.locator(".playlist-row")).to_have_count(0)
    page.get_by_role("button", name="Remove song").click()
    expect(page.locator("#content").get_by_text("That track is no longer in this playlist.")).to_be_visible()
    expect(page.get_by_role("heading", level=1, name="Late")).to_be_visible()
    expect(page.locator(".playlist-row")).to_have_count(0)
    check_page(page, "playlist-item-gone")
