"""Filling libraries: analysed tracks with tags, moods and vectors, and a genre that is taught."""

from __future__ import annotations

import random
import struct
import uuid
from array import array
from datetime import UTC, datetime, timedelta
from itertools import batched
from math import hypot
from typing import Any

from benchmarks.lived_in import own_dates

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
#: Tracks for each album, and albums for each artist.
TRACKS_EACH, ALBUMS_EACH = 12.5, 8 / 3
MOODS = ["catchy", "chill", "easy listening", "happy", "mellow", "party", "sad", "sexy"]


def albums_make(owner: Any, tracks: int, chance: random.Random) -> list[Any]:
    """Create the albums of so many tracks, and their artists, in the same proportions for any number."""
    from library.models import Album, Artist
    from library.text.folding import name_key, search_text

    count = max(round(tracks / TRACKS_EACH), 1)
    artists = []
    for number in range(max(round(count / ALBUMS_EACH), 1)):
        name = f"{chance.choice(FIRST_NAMES)} {chance.choice(LAST_NAMES)} {number}"
        artists.append(Artist(owner=owner, name=name, key=name_key(name), sort_name=search_text(name)))
    albums = []
    for number in range(count):
        title = f"{' '.join(chance.choices(TITLE_WORDS, k=2)).title()} {number}"
        names = {"title": title, "key": name_key(title), "sort_title": search_text(title)}
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
        with own_dates(Track):  # they are added over years, not all now
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
