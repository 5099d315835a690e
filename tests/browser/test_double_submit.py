"""What a person does once is done once, in spite of double clicks and lost connections."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from library.http.idempotent_forms import KEY_FIELD


@pytest.fixture
def playlists(signed_up: Page) -> Page:
    page = signed_up
    page.get_by_role("link", name="Playlists").click()
    expect(page.get_by_role("heading", level=1, name="Playlists")).to_be_visible()
    page.get_by_label("New playlist").fill("Party")
    return page


def expect_one(page: Page) -> None:
    expect(page.get_by_role("heading", level=1, name="Party")).to_be_visible()
    page.get_by_role("link", name="Playlists").click()
    expect(page.locator("#content").get_by_role("link", name="Party")).to_have_count(1)


def test_a_double_click(playlists: Page) -> None:
    playlists.get_by_role("button", name="Create").dblclick()
    expect_one(playlists)


def test_an_answer_that_is_lost(playlists: Page) -> None:
    """The page says so and does not resend the form by itself. Sending it again returns the first result."""
    sent: list[str] = []

    def lose_the_first(route: Route) -> None:
        if route.request.method == "POST":
            sent.append(route.request.post_data or "")
            if len(sent) == 1:
                route.fetch(max_redirects=0)
                route.abort()
                return
        route.continue_()

    playlists.route("**/playlists/", lose_the_first)
    playlists.get_by_role("button", name="Create").click()
    expect(playlists.get_by_role("alert")).to_contain_text("No answer came. It may have been done.")
    assert len(sent) == 1
    playlists.get_by_role("button", name="Create").click()
    expect_one(playlists)
    assert len(sent) == 2
    assert sent[0] == sent[1]
    assert f"{KEY_FIELD}=" in sent[0]


def test_the_same_form_with_another_name_is_another_playlist(playlists: Page) -> None:
    playlists.get_by_role("button", name="Create").click()
    expect(playlists.get_by_role("heading", level=1, name="Party")).to_be_visible()
    playlists.go_back()
    playlists.get_by_label("New playlist").fill("After the party")
    playlists.get_by_role("button", name="Create").click()
    expect(playlists.get_by_role("heading", level=1, name="After the party")).to_be_visible()
