"""What the people of a load test do: browse and listen, upload, or ask the API. Each is a thread of its own."""

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
WORDS = ("night", "river", "stone", "gold", "train", "moon", "rain", "mary", "jose", "cohen")
GENRES = ("blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock")
#: How long somebody looks at a page, a program waits, and somebody chooses the next file: seconds, in the mean.
LOOKS, WAITS, CHOOSES = 5.0, 2.0, 30.0


@dataclass
class Answers:
    """Every answer of the site: kind of request, status (0: none came), milliseconds."""

    seen: list[tuple[str, int, float]] = field(default_factory=list)
    #: What went wrong first, for the report.
    troubles: list[str] = field(default_factory=list)

    def add(self, kind: str, status: int, milliseconds: float, trouble: str = "") -> None:
        self.seen.append((kind, status, milliseconds))
        if trouble:
            self.troubles.append(f"{kind}: {trouble}")


class Person:
    def __init__(self, site: str, answers: Answers, ends: float, seed: int) -> None:
        self.answers, self.ends, self.chance = answers, ends, random.Random(seed)
        self.began = time.monotonic()
        # Connections end before the server would end them, at a moment when something may be on its way.
        limits = httpx.Limits(keepalive_expiry=1)
        self.client = httpx.Client(base_url=site, timeout=60, follow_redirects=True, limits=limits)

    def ask(self, kind: str, method: str, address: str, **options: Any) -> httpx.Response | None:
        """Ask, and note the answer with all of its redirects as one."""
        began, answer, trouble = time.perf_counter(), None, ""
        try:
            answer = self.client.request(method, address, **options)
            if answer.is_error:
                trouble = f"{answer.status_code} {address} {answer.text[:200]}"
        except httpx.HTTPError as error:
            trouble = f"{type(error).__name__} {address}"
        status = answer.status_code if answer is not None else 0
        self.answers.add(kind, status, 1000 * (time.perf_counter() - began), trouble)
        return answer if answer is not None and not answer.is_error else None

    def waits(self, mean: float) -> bool:
        """Wait about so long; False when the test is over."""
        left = self.ends - time.monotonic()
        time.sleep(max(0.0, min(self.chance.expovariate(1 / mean), left)))
        return time.monotonic() < self.ends

    def arrives(self) -> None:
        """Sometime within the first fifth of the test: nobody signs in at the same moment as all others."""
        time.sleep(self.chance.uniform(0, 0.2 * (self.ends - self.began)))

    def signs_in(self, email: str) -> None:
        page = self.ask("sign-in page", "GET", "/account/login/")
        if page is not None:
            form = {"csrfmiddlewaretoken": token(page), "username": email, "password": PASSWORD}
            self.ask("sign in", "POST", "/account/login/", data=form)


def token(page: httpx.Response) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    return found[1] if found else ""


def browses(person: Person, email: str, songs: list[str]) -> None:
    """Lists, searches, filters, tracks; and plays what there is to play."""
    person.arrives()
    person.signs_in(email)
    chance = person.chance
    while person.waits(LOOKS):
        action = chance.choices(
            ("list", "search", "filter", "facets", "track", "similar", "moods", "play"),
            (4, 3, 2, 2, 4, 1, 1, 3),
        )[0]
        if action == "list":
            person.ask("list", "GET", f"/?page={chance.randint(1, 20)}")
        elif action == "search":
            person.ask("search", "GET", f"/?q={chance.choice(WORDS)}")
        elif action == "filter":
            person.ask("filter", "GET", f"/?genre={chance.choice(GENRES)}&not_tag=live&ordering=title")
        elif action == "facets":
            person.ask("facets", "GET", f"/facets/?q={chance.choice(WORDS)}")
        elif action == "moods":
            person.ask("moods", "GET", "/moods/")
        elif action == "play":
            part = {"Range": f"bytes={chance.randint(0, 2) * 65536}-"}
            person.ask("play", "GET", f"/tracks/{chance.choice(songs)}/audio/", headers=part)
        else:
            page = person.ask("list", "GET", f"/?page={chance.randint(1, 20)}")
            tracks = re.findall(r'href="(/tracks/[0-9a-f-]{36}/)"', page.text) if page is not None else []
            if tracks and person.waits(LOOKS):
                more = "similar/" if action == "similar" else ""
                person.ask(action, "GET", chance.choice(tracks) + more)


def uploads(person: Person, email: str, song: bytes, numbers: itertools.count[int]) -> None:
    """One file after another by the page's form, looking at the list in between."""
    person.arrives()
    person.signs_in(email)
    while person.waits(CHOOSES):
        page = person.ask("upload page", "GET", "/upload/")
        if page is None:
            continue
        number = next(numbers)
        # An ID3v1 tag at its end makes each a file of its own.
        content = song + b"TAG" + f"Song {number}".encode().ljust(125, b"\0")
        files = {"file": (f"song {number}.mp3", content, "audio/mpeg")}
        person.ask("upload", "POST", "/upload/", data={"csrfmiddlewaretoken": token(page)}, files=files)
        person.ask("list", "GET", "/")


def programs(person: Person, key: str) -> None:
    """Lists, searches and single tracks by the API."""
    person.arrives()
    person.client.headers["Authorization"] = f"Bearer {key}"
    address = "/api/v1/tracks/"
    while person.waits(WAITS):
        answer = person.ask("API: list", "GET", address)
        if answer is None:
            continue
        listed = answer.json()
        address = listed["next"] or "/api/v1/tracks/"
        if listed["results"] and person.waits(WAITS):
            person.ask(
                "API: track", "GET", f"/api/v1/tracks/{person.chance.choice(listed['results'])['id']}/"
            )
        if person.waits(WAITS):
            person.ask("API: search", "GET", f"/api/v1/tracks/?q={person.chance.choice(WORDS)}")


def start(action: Callable[..., None], *arguments: object) -> threading.Thread:
    thread = threading.Thread(target=action, args=arguments, daemon=True)
    thread.start()
    return thread


def some_song(folder: Path, seconds: float) -> bytes:
    """Music that nobody has to fetch."""
    from tests import sounds

    path = folder / "song.mp3"
    sounds.write(path, seconds, bit_rate=192_000)
    return path.read_bytes()
