"""Server time of pages in a library of 50,000 tracks in 4,000 albums of 1,500 artists.

The list with searches, filters, sorting and deep pages, facets, albums and artists, and what else there is.

Uses a new database of its own: SQLite, or PostgreSQL when EARMARK_DATABASE_URL names one whose role may create
databases. A request goes through everything but the network, from middleware to the rendered page. `--plans` also
prints the query plans.
"""

from __future__ import annotations

import argparse
import os
import random
import struct
import tempfile
import time
import uuid
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import batched
from math import hypot
from pathlib import Path
from typing import Any

import django
from django.core.management import call_command

from benchmarks.measure import print_table, process_seconds

TRACKS = 50_000
#: Tracks for each album, and albums for each artist.
TRACKS_EACH, ALBUMS_EACH = 12.5, 8 / 3
RUNS = 9
ALLOWED = 100
PAGES = {
    "list": "/",
    "list, the last of 1,000 pages": "/?page=1000",
    "search, many found": "/?q=night",
    "search, two words": "/?q=night+mary",
    "search, a tag's name": "/?q=rainy",
    "search, nothing found": "/?q=xyzzy",
    "one genre": "/?genre=jazz",
    "not one genre": "/?not_genre=jazz",
    "two tags": "/?tag=live&tag=piano",
    "without a tag": "/?not_tag=live",
    "a mood": "/?mood=happy",
    "without a mood": "/?not_mood=happy",
    "six filters": "/?q=a&genre=jazz&genre=rock&source=model&mood=sad&year_min=1970&not_tag=live&duration_max=300",
    "sorted by title": "/?ordering=title",
    "sorted by artist, page 500": "/?ordering=artist&page=500",
    "sorted by year, downwards": "/?ordering=-year",
    "sorted by confidence": "/?ordering=confidence",
    "sorted by duration, page 500": "/?ordering=-duration&page=500",
    "search, sorted by album": "/?q=night&ordering=album",
    "facets": "/facets/",
    "facets of one genre": "/facets/?genre=jazz",
    "facets of a search": "/facets/?q=night",
    "facets of a tag and a mood": "/facets/?tag=live&mood=happy",
    "facets without a tag": "/facets/?not_tag=live",
    "tracks of an artist": "/?artist={artist}",
    "tracks of an album": "/?album={album}&ordering=album",
    "tracks on no album": "/?album=none",
    "facets of an artist": "/facets/?artist={artist}",
    "albums": "/albums/",
    "albums by artist, the last page": "/albums/?sort=artist&page=last",
    "albums, added last": "/albums/?sort=added",
    "albums of one genre": "/albums/?genre=jazz&sort=-year",
    "albums of a search": "/albums/?q=night",
    "an album": "/albums/{album}/",
    "artists": "/artists/",
    "artists, one letter": "/artists/?letter=M",
    "artists, a search": "/artists/?q=mary",
    "an artist": "/artists/{artist}/",
    "moods and map": "/moods/",
    "a point of the map": "/moods/?x=50&y=50",
    "a mood's station": "/moods/happy/",
    "its page 200": "/moods/happy/?page=200",
    "more like a track": "/tracks/{track}/similar/",
    "overview": "/overview/",
    "genres and tags": "/labels/",
    "a taught genre": "/labels/genres/{genre}/",
    "what sounds like it": "/labels/genres/{genre}/like/",
    "one question about it": "/needs-you/question/",
}
#: The same library, shared with reviewers, as one of them sees it.
REVIEWER_PAGES = {
    "the reviewers' queue": "/admin/library/track/review/",
    "agreement of model and people": "/admin/library/track/agreement/",
    "what failed": "/admin/library/track/failed/",
    "admin: tracks": "/admin/library/track/",
    "admin: predictions": "/admin/library/prediction/",
}
TITLE_WORDS = (
    "night",
    "river",
    "stone",
    "gold",
    "summer",
    "train",
    "moon",
    "fire",
    "rain",
    "street",
    "blue",
    "home",
)
FIRST_NAMES = (
    "Mary",
    "José",
    "Édith",
    "Frank",
    "Björk",
    "Ella",
    "Miles",
    "Nina",
    "Otis",
    "Zoë",
    "Aretha",
    "Kate",
)
LAST_NAMES = (
    "Müller",
    "Smith",
    "García",
    "Øyen",
    "Jones",
    "Davis",
    "Simone",
    "Redding",
    "Bush",
    "Cohen",
    "Šimek",
)
TAGS = ("live", "piano", "acoustic", "christmas", "party", "sleep", "work", "vinyl", "demo", "remix", "rainy")
MOODS = ["catchy", "chill", "easy listening", "happy", "mellow", "party", "sad", "sexy"]


def albums_make(owner: Any, tracks: int, chance: random.Random) -> list[Any]:
    """Create the albums of so many tracks, and their artists, in the same proportions for any number."""
    from library.models import Album, Artist
    from library.text import fold

    count = max(round(tracks / TRACKS_EACH), 1)
    artists = []
    for number in range(max(round(count / ALBUMS_EACH), 1)):
        name = f"{chance.choice(FIRST_NAMES)} {chance.choice(LAST_NAMES)} {number}"
        artists.append(Artist(owner=owner, name=name, key=fold(name), sort_name=fold(name)))
    albums = []
    for number in range(count):
        title = f"{' '.join(chance.choices(TITLE_WORDS, k=2)).title()} {number}"
        names = {"title": title, "key": fold(title), "sort_title": fold(title)}
        year = chance.randint(1955, 2025)
        albums.append(Album(owner=owner, artist=artists[number % len(artists)], year=year, **names))
    Artist.objects.bulk_create(artists)
    return Album.objects.bulk_create(albums)


def library_fill(owner: Any, count: int, seed: int = 5) -> None:
    """Create `count` analysed tracks with tags and moods for a user."""
    from django.db.models import OuterRef, Subquery

    from library.genres import BUILTIN_GENRES
    from library.models import Embedding, Mood, Prediction, Tag, Tagging, Track, TrackArtist
    from library.models.tags import MOOD_THRESHOLD
    from library.models.tracks import MOODS_LENGTH
    from library.services.analysis import derived_names_recompute
    from library.text import join_lines

    # Tracks are added over years, not all now.
    Track._meta.get_field("created_at").auto_now_add = False
    chance = random.Random(seed)
    tags = Tag.objects.bulk_create(
        Tag(owner=owner, name=name, key=name, search_text=name)
        for name in [*TAGS, *(f"box {n}" for n in range(100))]
    )
    albums = albums_make(owner, count, random.Random(seed))
    began = datetime(2020, 1, 1, tzinfo=UTC)
    for numbers in batched(range(count), 2000):
        tracks, predictions, moods, taggings, embeddings, named = [], [], [], [], [], []
        for number in numbers:
            sure = chance.random() < 0.8
            top, owner_genre = (
                chance.choice([*BUILTIN_GENRES]),
                chance.choice([*BUILTIN_GENRES]) if chance.random() < 0.1 else "",
            )
            confidence = round(chance.uniform(0.55, 1) if sure else chance.uniform(0.15, 0.55), 4)
            name = " ".join(chance.choices(TITLE_WORDS, k=3)).title()
            scores = {mood: round(chance.random(), 4) for mood in MOODS}
            album = albums[number % len(albums)]
            track = Track(
                id=uuid.UUID(int=chance.getrandbits(128), version=4),
                owner=owner,
                created_at=began + timedelta(minutes=37 * number),
                original=f"tracks/{number}/original.mp3",
                original_name=f"{number % 20:02} {name}.mp3",
                kind=chance.choices(["mp3", "flac", "m4a", "ogg", "wav"], [6, 3, 2, 1, 1])[0],
                size=5_000_000,
                sha256=f"{number:064}",
                title=name,
                artist=album.artist.name,
                album=album.title,
                album_entry=album,
                track_number=number // len(albums) + 1,
                year=chance.randint(1955, 2025) if chance.random() < 0.9 else None,
                duration=chance.uniform(30, 600),
                audio={
                    "container": "mp3",
                    "codec": "mp3",
                    "sample_rate": 44100,
                    "channels": 2,
                    "bit_rate": 192000,
                },
                status="ready",
                peaks="tracks/peaks.json",
                spectrogram="tracks/spectrogram.png",
                owner_genre=owner_genre,
                genre=owner_genre or (top if sure else ""),
                genre_source="owner" if owner_genre else "model" if sure else "",
                confidence=confidence,
                needs_you=not sure and not owner_genre,
                review_rank=confidence - 1 if (owner_genre != top if owner_genre else not sure) else None,
                mood_lines=join_lines(
                    [mood for mood, score in scores.items() if score >= MOOD_THRESHOLD], MOODS_LENGTH
                ),
            )
            derived_names_recompute(track)
            tracks.append(track)
            named.append(TrackArtist(track=track, artist=album.artist))
            shares = dict.fromkeys(BUILTIN_GENRES, (1 - confidence) / 9) | {top: confidence}
            segments = [[3 * s, 3 * s + 3, [round(share, 4) for share in shares.values()]] for s in range(20)]
            predictions.append(
                Prediction(
                    track=track,
                    model_name="bench",
                    model_version="1",
                    label=top if sure else None,
                    top=top,
                    confidence=confidence,
                    probabilities=shares,
                    segments=segments,
                    moods=scores,
                )
            )
            vector = [chance.gauss(corner == top, 0.3) for corner in BUILTIN_GENRES for _ in range(6)]
            size = hypot(*vector)
            embeddings.append(
                Embedding(
                    track=track,
                    owner=owner,
                    model="bench 1",
                    vector=array("f", (n / size for n in vector)).tobytes(),
                )
            )
            moods += [
                Mood(owner=owner, track=track, name=mood, score=score) for mood, score in scores.items()
            ]
            taggings += [
                Tagging(tag=tag, track=track)
                for tag in {*chance.choices(tags[:20], k=2), *chance.sample(tags, 1)}
            ]
        Track.objects.bulk_create(tracks)
        TrackArtist.objects.bulk_create(named)
        Prediction.objects.bulk_create(predictions)
        Mood.objects.bulk_create(moods)
        Tagging.objects.bulk_create(taggings)
        Embedding.objects.bulk_create(embeddings)
    current = Prediction.objects.filter(track=OuterRef("pk")).values("pk")[:1]
    Track.objects.filter(owner=owner).update(prediction=Subquery(current))


def genre_teach(owner: Any, examples: int = 20, answers: int = 60) -> None:
    """Give the tracks vectors for learning, and teach a genre by some of them and by answers to suggestions."""
    from library import selectors, services
    from library.models import LearningVector
    from library.selectors.model_cards import learning_space

    chance, space = random.Random(7), learning_space()
    kinds = [[chance.gauss(0, 1) for _ in range(128)] for _ in range(40)]
    for ids in batched(owner.tracks.order_by("pk").values_list("pk", flat=True), 2000):
        vectors = []
        for pk in ids:
            vector = [own + chance.gauss(0, 0.7) for own in chance.choice(kinds)]
            size = hypot(*vector)
            packed = struct.pack("<128e", *(number / size for number in vector))
            vectors.append(LearningVector(track_id=pk, owner=owner, space=space, vector=packed))
        LearningVector.objects.bulk_create(vectors)
    genre = services.own_genre_add(owner=owner, name="Dub techno")
    for track in owner.tracks.order_by("pk")[:examples]:
        services.genre_set(track=track, person=owner, genre=genre.key)
    concept = services.concept_get_or_create(owner=owner, taught=genre)
    for number, suggestion in enumerate(selectors.suggestions_for(owner, concept, answers)):
        services.concept_answer(concept=concept, track=suggestion.track, yes=number % 4 > 0)


@contextmanager
def temporary_database(folder: str) -> Iterator[None]:
    """Create a database for this run, and delete it afterwards."""
    from django.db import connection

    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(Path(folder, "library.sqlite3"))
    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracks", type=int, default=TRACKS)
    parser.add_argument("--plans", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["EARMARK_DATA_DIR"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        django.setup()
        call_command("collectstatic", interactive=False, verbosity=0)
        with temporary_database(folder):
            from django.db import connection

            from library.models import User

            owner = User.objects.create_user("bench@example.org", "a quiet listening room")
            library_fill(owner, options.tracks)
            genre_teach(owner)
            with connection.cursor() as cursor:
                # Autovacuum does this within minutes. It lets PostgreSQL count rows in indexes alone.
                cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
            measure_pages(owner, f"{connection.display_name}, {options.tracks:,} tracks", options.plans)


def measure_pages(owner: Any, title: str, plans: bool) -> None:
    """Request each page and print its mean CPU time and its shortest clock time, which other load affects least."""
    from django.db import connection
    from django.test import Client

    from library.models import Genre, User

    reviewer = User.objects.create_superuser("reviewer@example.org", "a quiet listening room")
    owner.share_with_reviewers = True
    owner.save()
    client = Client(headers={"Host": "127.0.0.1"})
    rows, asked = [], {}
    track, genre = owner.tracks.first(), Genre.objects.get(owner=owner)
    ids = {"album": track.album_entry_id, "artist": track.album_entry.artist_id}
    for name, page in (PAGES | REVIEWER_PAGES).items():
        client.force_login(reviewer if name in REVIEWER_PAGES else owner)
        address = page.format(track=track.pk, genre=genre.pk, **ids)
        asked[name] = QueryLog()
        with connection.execute_wrapper(asked[name]):
            assert client.get(address).status_code == 200, address
        times, worked = [], server_seconds()
        for _ in range(RUNS):
            start = time.perf_counter()
            client.get(address)
            times.append(1000 * (time.perf_counter() - start))
        work = 1000 * (server_seconds() - worked) / RUNS
        rows.append((f"{name} ({len(asked[name].queries)} queries)", f"{work:.0f} / {min(times):.0f} ms"))
    print_table(f"Server time in a library on {title}: CPU / clock, at most {ALLOWED} ms", rows)
    for name, queries in asked.items() if plans else ():
        print(f"\n{name}: {(PAGES | REVIEWER_PAGES)[name]}")
        queries.explain()


def server_seconds() -> float:
    """Return the CPU seconds of this process and of its PostgreSQL backend, if that runs on this machine."""
    from django.db import connection

    backend = getattr(getattr(connection.connection, "info", None), "backend_pid", None)
    here = backend and Path(f"/proc/{backend}/stat").exists()
    return time.process_time() + (process_seconds(backend) if here else 0)


class QueryLog:
    """An execute wrapper that records queries, and can print their plans afterwards."""

    def __init__(self) -> None:
        self.queries: list[tuple[str, Any]] = []

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.queries.append((sql, params))
        return execute(sql, params, many, context)

    def explain(self) -> None:
        from django.db import connection

        sqlite = connection.vendor == "sqlite"
        with connection.cursor() as cursor:
            for sql, params in self.queries:
                if '"library_track' not in sql and '"library_tag' not in sql and '"library_mood' not in sql:
                    continue
                start = time.perf_counter()
                cursor.execute(sql, params)
                found = len(cursor.fetchall())
                print(
                    f"  {found} rows in {1000 * (time.perf_counter() - start):.0f} ms: {sql[:70]} … {sql[-90:]}"
                )
                cursor.execute(f"EXPLAIN {'QUERY PLAN ' if sqlite else ''}{sql}", params)
                for row in cursor.fetchall():
                    print(f"      {row[-1]}")


if __name__ == "__main__":
    main()
