"""The users of a load test, each a thread: they browse and play, upload, or use the API."""

from __future__ import annotations

import itertools
import random
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

PASSWORD = "a quiet listening room"
SEARCH_WORDS = ("night", "river", "stone", "gold", "train", "moon", "rain", "mary", "jose", "cohen")
GENRES = ("blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock")
#: Mean seconds between two pages, two requests of a program, and two uploads.
BROWSE_PAUSE, API_PAUSE, UPLOAD_PAUSE = 5.0, 2.0, 30.0


@dataclass
class ResponseLog:
    """Every response of the site as (kind of request, status, milliseconds). Status 0 means that none came."""

    responses: list[tuple[str, int, float]] = field(default_factory=list)
    #: Messages about failed requests.
    errors: list[str] = field(default_factory=list)

    def add(self, kind: str, status: int, milliseconds: float, message: str = "") -> None:
        self.responses.append((kind, status, milliseconds))
        if message:
            self.errors.append(f"{kind}: {message}")


class Person:
    def __init__(self, site: str, answers: ResponseLog, ends: float, seed: int) -> None:
        self.answers, self.ends, self.chance = answers, ends, random.Random(seed)
        self.began = time.monotonic()
        # Close idle connections before the server does, perhaps while a request is on its way.
        limits = httpx.Limits(keepalive_expiry=1)
        self.client = httpx.Client(base_url=site, timeout=60, follow_redirects=True, limits=limits)

    def request(self, kind: str, method: str, address: str, **options: Any) -> httpx.Response | None:
        """Send a request and record the response, redirects included. Returns None if it failed."""
        began, answer, message = time.perf_counter(), None, ""
        try:
            answer = self.client.request(method, address, **options)
            if answer.is_error:
                message = f"{answer.status_code} {address} {answer.text[:200]}"
        except httpx.HTTPError as error:
            message = f"{type(error).__name__} {address}"
        status = answer.status_code if answer is not None else 0
        self.answers.add(kind, status, 1000 * (time.perf_counter() - began), message)
        return answer if answer is not None and not answer.is_error else None

    def pause(self, mean: float) -> bool:
        """Sleep for a random time with that mean. Returns False when the test is over."""
        left = self.ends - time.monotonic()
        time.sleep(max(0.0, min(self.chance.expovariate(1 / mean), left)))
        return time.monotonic() < self.ends

    def arrive(self) -> None:
        """Sleep for a random part of the first fifth of the test, so that users do not sign in all at once."""
        time.sleep(self.chance.uniform(0, 0.2 * (self.ends - self.began)))

    def sign_in(self, email: str) -> None:
        page = self.request("sign-in page", "GET", "/account/login/")
        if page is not None:
            form = {"csrfmiddlewaretoken": token(page), "username": email, "password": PASSWORD}
            self.request("sign in", "POST", "/account/login/", data=form)


def token(page: httpx.Response) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    return found[1] if found else ""


def browse(person: Person, email: str, songs: list[str]) -> None:
    """Request lists, searches, filters and tracks, and play songs, until the test is over."""
    person.arrive()
    person.sign_in(email)
    chance = person.chance
    while person.pause(BROWSE_PAUSE):
        action = chance.choices(
            ("list", "search", "filter", "facets", "track", "similar", "moods", "play"),
            (4, 3, 2, 2, 4, 1, 1, 3),
        )[0]
        if action == "list":
            person.request("list", "GET", f"/?page={chance.randint(1, 20)}")
        elif action == "search":
            person.request("search", "GET", f"/?q={chance.choice(SEARCH_WORDS)}")
        elif action == "filter":
            person.request("filter", "GET", f"/?genre={chance.choice(GENRES)}&not_tag=live&ordering=title")
        elif action == "facets":
            person.request("facets", "GET", f"/facets/?q={chance.choice(SEARCH_WORDS)}")
        elif action == "moods":
            person.request("moods", "GET", "/moods/")
        elif action == "play":
            part = {"Range": f"bytes={chance.randint(0, 2) * 65536}-"}
            person.request("play", "GET", f"/tracks/{chance.choice(songs)}/audio/", headers=part)
        else:
            page = person.request("list", "GET", f"/?page={chance.randint(1, 20)}")
            tracks = re.findall(r'href="(/tracks/[0-9a-f-]{36}/)"', page.text) if page is not None else []
            if tracks and person.pause(BROWSE_PAUSE):
                more = "similar/" if action == "similar" else ""
                person.request(action, "GET", chance.choice(tracks) + more)


def upload_files(person: Person, email: str, song: bytes, numbers: itertools.count[int]) -> None:
    """Upload files by the page's form, with a look at the list after each, until the test is over."""
    person.arrive()
    person.sign_in(email)
    while person.pause(UPLOAD_PAUSE):
        page = person.request("upload page", "GET", "/upload/")
        if page is None:
            continue
        number = next(numbers)
        # An ID3v1 tag at the end makes each file different.
        content = song + b"TAG" + f"Song {number}".encode().ljust(125, b"\0")
        files = {"file": (f"song {number}.mp3", content, "audio/mpeg")}
        person.request("upload", "POST", "/upload/", data={"csrfmiddlewaretoken": token(page)}, files=files)
        person.request("list", "GET", "/")


def use_api(person: Person, key: str) -> None:
    """Request lists, searches and single tracks by the API until the test is over."""
    person.arrive()
    person.client.headers["Authorization"] = f"Bearer {key}"
    address = "/api/v1/tracks/"
    while person.pause(API_PAUSE):
        answer = person.request("API: list", "GET", address)
        if answer is None:
            continue
        listed = answer.json()
        address = listed["next"] or "/api/v1/tracks/"
        if listed["results"] and person.pause(API_PAUSE):
            person.request(
                "API: track", "GET", f"/api/v1/tracks/{person.chance.choice(listed['results'])['id']}/"
            )
        if person.pause(API_PAUSE):
            person.request("API: search", "GET", f"/api/v1/tracks/?q={person.chance.choice(SEARCH_WORDS)}")


def start(action: Callable[..., None], *arguments: object) -> threading.Thread:
    thread = threading.Thread(target=action, args=arguments, daemon=True)
    thread.start()
    return thread


def make_song(folder: Path, seconds: float) -> bytes:
    """Synthesize a song in `folder` and return its bytes."""
    from tests import sounds

    path = folder / "song.mp3"
    sounds.write(path, seconds, bit_rate=192_000)
    return path.read_bytes()
