"""Folders, archives, and a large file whose connection breaks."""

from __future__ import annotations

import hashlib
import re
import zipfile
from pathlib import Path

from playwright.sync_api import Page, Route, expect

from tests import sounds
from tests.browser.screenshots import check_page
from tests.browser.test_main_job import upload
from tests.pictures import picture

LARGE_SECONDS = 145  # 25 MB as 16-bit stereo at 44,100 Hz


def original_of(page: Page, name: str) -> bytes:
    """Return the bytes of the original as its owner downloads it."""
    page.goto("/")
    page.get_by_role("link", name=name, exact=True).click()
    page.wait_for_url("**/tracks/*/")
    response = page.request.get(f"{page.url}original/")
    assert response.ok
    return response.body()


def test_a_large_file_arrives_whole_though_the_connection_breaks(signed_up: Page, tmp_path: Path) -> None:
    page = signed_up
    song = sounds.write(tmp_path / "large.wav", seconds=LARGE_SECONDS)
    assert song.stat().st_size > 25_000_000
    pieces: list[int] = []

    def cut(route: Route) -> None:
        if route.request.method == "PATCH":
            pieces.append(int(route.request.headers["upload-offset"]))
            if len(pieces) == 3:
                page.context.set_offline(True)
        route.continue_()

    page.route("**/uploads/*/", cut)
    upload(page, song)
    tray = page.get_by_role("region", name="Uploads")
    expect(tray.get_by_text("Connection lost. Trying again…")).to_be_visible()
    page.context.set_offline(False)
    expect(tray.get_by_role("link", name="large.wav")).to_be_visible()
    # Bytes that had arrived were not sent again.
    assert pieces[0] == 0
    assert pieces == sorted(pieces)
    assert len(set(pieces)) >= 4
    stored = original_of(page, "large")
    assert hashlib.sha256(stored).digest() == hashlib.sha256(song.read_bytes()).digest()


def test_after_a_reload_the_same_file_goes_on_where_it_was(signed_up: Page, tmp_path: Path) -> None:
    page = signed_up
    song = sounds.write(tmp_path / "again.wav", seconds=LARGE_SECONDS, seed=1)
    pieces: list[int] = []

    def cut(route: Route) -> None:
        if route.request.method == "PATCH":
            pieces.append(int(route.request.headers["upload-offset"]))
            if len(pieces) >= 3 and not again:
                return route.abort()
        return route.continue_()

    again = False
    page.goto("/upload/")
    page.route("**/uploads/*/", cut)
    upload(page, song)
    tray = page.get_by_role("region", name="Uploads")
    expect(tray.get_by_text("Connection lost. Trying again…")).to_be_visible()
    # An upload is running, so the browser asks before leaving; the person confirms.
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.reload()
    assert asked == ["beforeunload"]
    expect(page.locator(".upload-row")).to_contain_text(re.compile("again.wav"))
    expect(page.locator(".upload-row")).to_contain_text(re.compile("Uploading, 3[0-9] %"))

    before, again = len(pieces), True
    upload(page, song)
    expect(page.locator(".upload-row .tray-name").get_by_text("again.wav")).to_be_visible()
    expect(tray.get_by_role("link", name="again.wav")).to_be_visible()
    assert pieces[before] > 0
    stored = original_of(page, "again")
    assert hashlib.sha256(stored).digest() == hashlib.sha256(song.read_bytes()).digest()


def test_a_folder_brings_its_music_and_leaves_the_rest(signed_up: Page, tmp_path: Path) -> None:
    page = signed_up
    folder = tmp_path / "Album"
    (folder / "CD 2").mkdir(parents=True)
    for number in range(12):
        place = folder / "CD 2" if number % 2 else folder
        sounds.write(place / f"{number:02} song.wav", seconds=1, seed=number)
    (folder / "cover.jpg").write_bytes(picture())
    (folder / "notes.txt").write_text("words")
    for litter in ("._00 song.wav", ".DS_Store", "Thumbs.db", "desktop.ini"):
        (folder / litter).write_text("litter")
    page.goto("/upload/")
    page.locator("#folder").set_input_files(folder)
    tray = page.get_by_role("region", name="Uploads")
    expect(tray).to_contain_text("13 files sent. 1 file skipped: not music.")
    # The tray keeps the last few and all failures; the page lists everything.
    expect(page.locator(".upload-row")).to_have_count(13)
    # The cover is for all tracks of the folder and of its discs.
    page.goto("/")
    expect(page.locator(".row-track img.cover")).to_have_count(12)
    assert page.locator(".row-track img.cover").first.evaluate(
        "image => image.decode().then(() => image.naturalWidth)"
    )


def test_a_folder_can_be_dropped_on_any_page_beside_a_song(signed_up: Page, tmp_path: Path) -> None:
    page = signed_up
    folder = tmp_path / "Album"
    (folder / "CD 2").mkdir(parents=True)
    songs = [folder / "one.wav", folder / "CD 2" / "two.wav", tmp_path / "loose.wav"]
    for number, song in enumerate(songs):
        sounds.write(song, seconds=1, seed=number)
    (folder / "cover.jpg").write_bytes(picture())
    (folder / "notes.txt").write_text("words")
    page.goto("/overview/")
    mouse = page.context.new_cdp_session(page)
    carried = {"items": [], "files": [str(folder), str(songs[2])], "dragOperationsMask": 1}
    for step in ("dragEnter", "dragOver", "drop"):
        mouse.send("Input.dispatchDragEvent", {"type": step, "x": 400, "y": 300, "data": carried})
    tray = page.get_by_role("region", name="Uploads")
    for song in songs:
        expect(tray.get_by_role("link", name=song.name)).to_be_visible()
    expect(tray).to_contain_text("1 file skipped: not music.")
    expect(tray.get_by_text("A cover for the tracks of its folder.")).to_be_visible()
    expect(tray.locator(".tray-error")).to_have_count(3)  # the songs are too short to be heard
    page.goto("/")
    expect(page.locator(".row-track")).to_have_count(3)


def test_an_archive_tells_what_became_of_each_file(signed_up: Page, tmp_path: Path) -> None:
    page = signed_up
    songs = [
        sounds.write(tmp_path / f"{name}.mp3", seconds=5, seed=n) for n, name in enumerate(("one", "two"))
    ]
    album = tmp_path / "album.zip"
    with zipfile.ZipFile(album, "w") as archive:
        for song in songs:
            archive.write(song, f"Album/{song.name}")
        archive.writestr("Album/broken.mp3", "words " * 99)
        archive.writestr("Album/notes.txt", "words " * 99)
        archive.writestr("Album/._one.mp3", "litter")
    page.goto("/upload/")
    upload(page, songs[0])
    tray = page.get_by_role("region", name="Uploads")
    expect(tray.locator(".chip")).to_be_visible()

    upload(page, album)
    row = page.locator(".upload-row").first
    expect(row).to_contain_text("1 added, 1 already in your library, 1 skipped: not music, 1 rejected")
    (tmp_path / "notes.mp3").write_text("not music at all\n" * 99)
    upload(page, tmp_path / "notes.mp3")
    expect(row).to_contain_text("not an audio file")
    page.get_by_label("Close the list of uploads").click()
    check_page(page, "upload-recent")
    page.get_by_role("button", name="Remove notes.mp3 from the list").click()
    expect(page.locator(".upload-row")).to_have_count(2)

    page.locator(".upload-row").get_by_role("link", name="album.zip").click()
    rows = page.locator(".upload-row")
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("broken.mp3")
    expect(rows.filter(has_text="one.mp3")).to_contain_text("Already in your library")
    expect(rows.filter(has_text="two.mp3").locator(".chip")).to_be_visible()
    check_page(page, "upload-archive")
    rows.filter(has_text="one.mp3").get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("one")


def test_a_file_that_cannot_be_read_does_not_stop_its_folder(signed_up: Page) -> None:
    page = signed_up
    page.evaluate(
        """() => {
            const file = new File(["no music"], "good.mp3");
            const good = { isFile: true, fullPath: "/Album/good.mp3", file: (resolve) => resolve(file) };
            const bad = { isFile: true, file: (_, reject) => reject(new DOMException("", "NotReadableError")) };
            const batches = [[bad, good], []];
            const folder = {
                isFile: false, isDirectory: true,
                createReader: () => ({ readEntries: (resolve) => resolve(batches.shift()) }),
            };
            const drop = new Event("drop", { cancelable: true });
            drop.dataTransfer = { types: ["Files"], items: [{ webkitGetAsEntry: () => folder }], files: [] };
            dispatchEvent(drop);
        }"""
    )
    tray = page.get_by_role("region", name="Uploads")
    expect(tray.get_by_text("good.mp3", exact=True)).to_be_visible()
    expect(tray).to_contain_text("1 file sent. 1 file could not be read.")


def test_uploads_work_although_the_browsers_memory_of_them_is_damaged(
    signed_up: Page, tmp_path: Path
) -> None:
    page = signed_up
    page.evaluate("localStorage.setItem('earmark.upload:a|1|2', 'no JSON')")
    page.reload()
    upload(page, sounds.write(tmp_path / "song.wav", seconds=3.5))
    expect(page.get_by_role("region", name="Uploads").get_by_role("link", name="song.wav")).to_be_visible()
    assert page.evaluate("localStorage.getItem('earmark.upload:a|1|2')") is None
