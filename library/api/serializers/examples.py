"""Examples for the schema, all from one library."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample

from classifier.errors import MESSAGES

EXAMPLE_ID = "6f1f0a52-3c58-4a0f-9d5e-7d2f8f0f4f11"
EXAMPLE_TIME = "2026-03-01T18:20:05.123456Z"
EXAMPLE_PROBABILITIES = {"blues": 0.71, "country": 0.09, "jazz": 0.08, "rock": 0.12}
EXAMPLE_ALBUM_ID = "0c9f4c0e-2a5b-4f6f-8a55-4b8a5d7b6a10"
EXAMPLE_ARTIST_ID = "b4b7b5f0-7f0c-4f2a-9d9b-2f3f1a0c7e21"
EXAMPLE_COVER = {
    size: f"https://music.example.org/api/v1/covers/5d4f9a52-9b1e-4c1b-b0a8-1f6d1f2c3e40/{size}/"
    for size in ("small", "medium", "large")
}
EXAMPLE_ALBUM: dict[str, Any] = {
    "id": EXAMPLE_ALBUM_ID,
    "url": f"https://music.example.org/api/v1/albums/{EXAMPLE_ALBUM_ID}/",
    "title": "River Songs",
    "artist": {"id": EXAMPLE_ARTIST_ID, "name": "The Ferrymen"},
    "compilation": False,
    "year": 1994,
    "cover": EXAMPLE_COVER,
    "starred": True,
    "starred_at": EXAMPLE_TIME,
    "track_count": 11,
    "duration": 2481.5,
    "musicbrainz": None,
    "created_at": EXAMPLE_TIME,
}
EXAMPLE_ARTIST: dict[str, Any] = {
    "id": EXAMPLE_ARTIST_ID,
    "url": f"https://music.example.org/api/v1/artists/{EXAMPLE_ARTIST_ID}/",
    "name": "The Ferrymen",
    "starred": False,
    "starred_at": None,
    "track_count": 23,
    "album_count": 2,
    "musicbrainz": None,
    "created_at": EXAMPLE_TIME,
}
EXAMPLE_TRACK: dict[str, Any] = {
    "id": EXAMPLE_ID,
    "url": f"https://music.example.org/api/v1/tracks/{EXAMPLE_ID}/",
    "title": "Crossing at Dawn",
    "artist": "The Ferrymen",
    "album": "River Songs",
    "year": 1994,
    "album_artist": "The Ferrymen",
    "disc_number": 1,
    "disc_total": 1,
    "track_number": 3,
    "track_total": 11,
    "original_year": None,
    "compilation": False,
    "artists": [{"id": EXAMPLE_ARTIST_ID, "name": "The Ferrymen"}],
    "album_id": EXAMPLE_ALBUM_ID,
    "cover": EXAMPLE_COVER,
    "starred": True,
    "starred_at": EXAMPLE_TIME,
    "rating": 4,
    "play_count": 12,
    "last_played_at": EXAMPLE_TIME,
    "musicbrainz": {},
    "edited": ["year"],
    "original_name": "03 crossing.mp3",
    "kind": "mp3",
    "size": 4812345,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "duration": 214.6,
    "status": "ready",
    "stage": "",
    "progress": 1.0,
    "error": None,
    "notices": [],
    "genre": {
        "label": "blues",
        "source": "model",
        "owner": None,
        "model": "blues",
        "top": "blues",
        "confidence": 0.71,
        "file": "Rhythm and Blues",
        "needs_you": False,
    },
    "tags": ["late night"],
    "learned_tags": [],
    "prediction": {
        "model": {"name": "msd-musicnn-1", "version": "1.2.0"},
        "label": "blues",
        "top": "blues",
        "confidence": 0.71,
        "probabilities": EXAMPLE_PROBABILITIES,
        "moods": {"mellow": 0.91, "sad": 0.84},
        "created_at": EXAMPLE_TIME,
    },
    "learned": None,
    "created_at": EXAMPLE_TIME,
    "updated_at": EXAMPLE_TIME,
}


def schema_example(value: Any) -> list[OpenApiExample]:
    """An example for the `examples` of a serializer or of an operation."""
    return [OpenApiExample("Example", value)]


UPLOAD_EXAMPLES = [
    OpenApiExample("One file", EXAMPLE_TRACK | {"duplicate": True}),
    OpenApiExample(
        "Several files",
        {
            "results": [
                {"file": "03 crossing.mp3", "track": EXAMPLE_TRACK | {"duplicate": False}, "error": None},
                {
                    "file": "notes.txt",
                    "track": None,
                    "error": {"code": "not_audio", "message": MESSAGES["not_audio"]},
                },
            ]
        },
    ),
]
