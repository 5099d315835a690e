"""Teaching a genre, from an empty account: three examples, suggestions, answers by keys and in the list."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, expect

from tests import sounds
from tests.browser.screenshots import check_page
from tests.browser.test_main_job import upload

RATE = 22_050


def surf(seed: int, seconds: float = 8) -> sounds.FloatArray:
    """Noise that swells and falls, like waves on a beach."""
    chance = np.random.default_rng(seed)
    time = np.arange(round(seconds * RATE)) / RATE
    swell = 0.55 + 0.4 * np.sin(2 * np.pi * time / chance.uniform(2.5, 4))
    return (0.3 * swell * chance.standard_normal(len(time)))[None].clip(-0.9, 0.9).astype(np.float32)


def write_songs(folder: Path) -> list[Path]:
    """Six recordings of surf and four songs, each by an artist of its own."""
    files = []
    for number in range(6):
        tags = {"title": f"Surf {number + 1}", "artist": f"Beach {number + 1}"}
        pcm = surf(number)
        files.append(
            sounds.write(folder / f"surf{number}.flac", pcm=pcm, sample_rate=RATE, channels=1, tags=tags)
        )
    for number in range(4):
        tags = {"title": f"Song {number + 1}", "artist": f"Band {number + 1}"}
        files.append(sounds.write(folder / f"song{number}.flac", seconds=8, seed=number, tags=tags))
    return files


def test_a_genre_from_an_empty_account(signed_up: Page, tmp_path: Path) -> None:
    page = signed_up
    upload(page, *write_songs(tmp_path))
    expect(page.locator(".row-track .chip")).to_have_count(10)

    page.goto("/")

    # The first example, on its own page; two more by a selection.
    page.get_by_role("link", name="Surf 1", exact=True).click()
    page.get_by_role("link", name="Teach Earmark…").click()
    dialog = page.get_by_role("dialog", name="Teach Earmark")
    check_page(page, "teach-track")
    page.set_viewport_size({"width": 1280, "height": 900})
    dialog.get_by_label("Something new").fill("Surf")
    dialog.get_by_role("button", name="As a genre").click()
    expect(
        page.locator("#content").get_by_text("“Beach 1 – Surf 1” is an example of Surf now.")
    ).to_be_visible()
    expect(page.get_by_role("heading", name="Three like this make a start")).to_be_visible()
    check_page(page, "teach-begin")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_label("Search for tracks").fill("surf")
    page.get_by_label("Search for tracks").press("Enter")
    for title in ("Surf 2", "Surf 3"):
        page.get_by_label(f"Select {title}").check()
    page.get_by_role("form", name="Selected tracks").get_by_text("Genre", exact=True).click()
    page.get_by_role("button", name="Surf", exact=True).click()
    page.get_by_role("link", name="See what sounds like it").click()

    # One suggestion after the other, by keys. The other recordings of surf come first.
    head, question = page.locator("#label-head"), page.locator("[data-question]")
    expect(head).to_contain_text("Knows 3 examples")
    expect(question).to_have_text(re.compile(r"^\s*Surf \d\s*$"))
    # It plays from the moment that is named, and the next one, too, unless the listener has paused it.
    strip, playing = page.locator(".strip[data-ready]"), page.locator(".strip.is-playing")
    expect(playing).to_be_visible()
    page.keyboard.press(" ")
    expect(strip).not_to_have_class(re.compile("is-playing"))
    check_page(page, "suggestions")
    page.set_viewport_size({"width": 1280, "height": 900})
    first = question.inner_text()
    page.keyboard.press("y")
    expect(question).not_to_have_text(first)
    expect(question).to_be_focused()
    expect(head).to_contain_text("Knows 4 examples")
    page.keyboard.press("z")
    expect(question).to_have_text(first)
    expect(head).to_contain_text("Knows 3 examples")
    expect(strip).to_be_visible()
    expect(playing).to_be_hidden()
    page.keyboard.press("s")
    expect(question).not_to_have_text(first)
    second = question.inner_text()
    page.keyboard.press("y")
    expect(question).not_to_have_text(second)

    page.get_by_role("button", name="Play", exact=True).click()
    expect(playing).to_be_visible()
    third = question.inner_text()
    page.keyboard.press("n")
    expect(question).not_to_have_text(third)
    expect(playing).to_be_visible()
    page.keyboard.press(" ")

    # In the list: an answer leaves the question where it is, and the focus in its place.
    asked = question.inner_text()
    rows = page.locator(".suggestion-row")
    count = rows.count()
    rows.nth(1).get_by_role("button", name=re.compile("^No")).press("Enter")
    expect(rows).to_have_count(count - 1)
    expect(rows.nth(1).get_by_role("button", name=re.compile("^Yes"))).to_be_focused()
    expect(question).to_have_text(asked)

    # Its own tracks, the list of genres, and the one question among what needs an answer.
    page.get_by_role("link", name=re.compile("^Its tracks")).click()
    expect(page.locator(".row-track")).to_have_count(4)
    check_page(page, "genre")
    page.set_viewport_size({"width": 800, "height": 900})
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Genres and tags").click()
    expect(page.locator(".label-row-standing")).to_contain_text("Knows 4 examples")
    page.get_by_role("link", name="Needs you").click()
    card = page.get_by_role("region", name="Teach Earmark")
    expect(card).to_be_visible()
    check_page(page, "needs-you-teaching")
    page.set_viewport_size({"width": 1280, "height": 900})
    card.get_by_role("button", name="Not today").click()
    expect(card).to_have_count(0)
