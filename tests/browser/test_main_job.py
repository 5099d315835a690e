"""The main job as a new person does it: sign up, upload, listen, see the genre."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests import sounds


def upload(page: Page, *files: Path) -> None:
    page.locator("#files").set_input_files([str(file) for file in files])


def long_song(path: Path, seed: int = 0) -> Path:
    """Write a song of two minutes (2 MB), long enough not to end during a test."""
    return sounds.write(path, seconds=120, sample_rate=8_000, channels=1, seed=seed)


def test_from_sign_up_to_a_deleted_track(signed_up: Page, tmp_path: Path) -> None:
    page = signed_up
    files = [sounds.write(tmp_path / f"song.{kind}", seconds=60) for kind in ("mp3", "m4a", "au")]
    expect(page.locator("#content").get_by_text("Your library is empty")).to_be_visible()

    upload(page, *files)
    rows = page.locator(".row-track")
    expect(rows).to_have_count(3)
    # Without a reload: each row changes in place until it has a genre, or says that the model is not sure.
    expect(page.locator(".row-track .chip")).to_have_count(3)
    expect(page.locator(".row-track .row-sure.tabular")).to_have_count(3)

    for file in files:
        page.goto("/")
        rows.filter(has=page.locator("[data-play]")).first.wait_for()
        page.get_by_role("link", name="song", exact=True).nth(files.index(file)).click()
        expect(page.locator("[data-strip][data-ready]")).to_be_visible()
        page.get_by_role("button", name="Play", exact=True).click()
        expect(page.get_by_role("button", name="Pause")).to_be_visible()
        expect(page.locator("[data-strip-time]")).not_to_have_text(re.compile(r"^0:00"))
        page.get_by_role("button", name="Pause").click()

        # A click on the timeline, three quarters in, seeks all three pictures and the sound.
        axis = page.locator("[data-strip-seek]")
        box = axis.bounding_box()
        assert box
        axis.click(position={"x": box["width"] * 0.75, "y": box["height"] * 0.5})
        expect(axis).to_have_attribute("aria-valuenow", re.compile("^(45|46)$"))
        axis.press("ArrowLeft")
        expect(axis).to_have_attribute("aria-valuenow", re.compile("^(40|41)$"))

    page.get_by_role("button", name="Delete").click()
    expect(page.locator("#content").get_by_text("to the bin")).to_be_visible()
    expect(rows).to_have_count(2)


def test_a_refused_file_says_why_and_does_not_stop_the_others(signed_up: Page, tmp_path: Path) -> None:
    page = signed_up
    text = tmp_path / "notes.mp3"
    text.write_text("not music at all\n" * 99)
    empty = tmp_path / "empty.wav"
    empty.touch()
    good = sounds.write(tmp_path / "good.flac", seconds=5)

    upload(page, text, empty, good)
    tray = page.get_by_role("region", name="Uploads")
    expect(tray.locator(".tray-error", has_text="not an audio file")).to_be_visible()
    expect(tray.locator(".tray-error", has_text="The file is empty")).to_be_visible()
    expect(page.locator(".row-track")).to_have_count(1)

    page.goto("/upload/")
    upload(page, good)
    expect(tray.get_by_text("Already in your library")).to_be_visible()
    page.goto("/")
    expect(page.locator(".row-track")).to_have_count(1)


def test_files_can_be_dropped_on_any_page(signed_up: Page, tmp_path: Path) -> None:
    page = signed_up
    page.goto("/account/")
    song = sounds.write(tmp_path / "dropped.wav", seconds=4)
    page.evaluate(
        """([name, bytes]) => {
          const data = new DataTransfer();
          data.items.add(new File([new Uint8Array(bytes)], name, {type: "audio/wav"}));
          window.dispatchEvent(new DragEvent("drop", {dataTransfer: data, cancelable: true}));
        }""",
        [song.name, list(song.read_bytes())],
    )
    expect(page.get_by_role("region", name="Uploads").locator(".chip")).to_be_visible()


def test_odd_files_get_a_clear_answer_each(signed_up: Page, tmp_path: Path) -> None:
    page = signed_up
    second = sounds.write(tmp_path / "second.wav", seconds=1)
    silence = sounds.silence(tmp_path / "silence.wav", seconds=5)
    broken_off = sounds.truncated(tmp_path / "broken off.mp3", seconds=12)
    song = sounds.write(tmp_path / "song.ogg", seconds=4)
    odd_name = "../../" + "🎷 a long name " * 14 + ".ogg"

    page.locator("#files").set_input_files(
        [
            {"name": name, "mimeType": "audio/any", "buffer": file.read_bytes()}
            for name, file in (
                (second.name, second),
                (silence.name, silence),
                (broken_off.name, broken_off),
                (odd_name, song),
            )
        ]
    )
    rows = page.locator(".row-track")
    expect(rows).to_have_count(4)
    expect(rows.filter(has_text="second")).to_contain_text("less than 3 seconds")
    expect(rows.filter(has_text="silence")).to_contain_text("The track is silent")
    expect(rows.filter(has_text="broken off").locator(".chip")).to_be_visible()
    expect(rows.filter(has_text="🎷 a long name").locator(".chip")).to_be_visible()

    page.get_by_role("link", name="broken off", exact=True).click()
    expect(page.locator("#content").get_by_text("The file is incomplete or damaged")).to_be_visible()
    page.go_back()
    page.get_by_role("link", name="second", exact=True).click()
    page.get_by_role("button", name="Analyse again").click()
    expect(page.get_by_role("alert")).to_contain_text("less than 3 seconds")
