"""The Python client's albums, artists, covers, stars, ratings and plays, against a real server."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from earmark_client import Library, LibraryError
from tests import sounds
from tests.live import Site
from tests.reliability.installation import wait_for

OWNER = "albums@example.org"
#: What the files do not say here: an album of two artists, with a cover.
ALBUM = f"""
from library.models import Track, TrackArtist, User
from tests.album_rows import make_album, make_artist
from tests.covers import make_cover
owner = User.objects.get(email={OWNER!r})
album = make_album(owner, "Foundry", "The Gravel Kings", cover=make_cover(owner))
make_album(owner, "Empty", "Nobody")
for track in Track.objects.filter(owner=owner):
    Track.objects.filter(pk=track.pk).update(album_entry=album)
    TrackArtist.objects.create(track=track, artist=make_artist(owner, "Ann"))
"""


def test_albums_artists_and_stars(site: Site, tmp_path: Path) -> None:
    with Library(site.url, site.token(OWNER)) as library:
        uploaded = library.upload(sounds.write(tmp_path / "one.mp3", seconds=4))
        # The analysis puts the track where its file says.
        wait_for(lambda: library.track(uploaded["id"])["status"] == "ready")
        site.manage("shell", "--no-imports", "-c", ALBUM)
        (listed,) = library.albums(q="foundry")
        album = library.album(listed["id"])
        assert (album["title"], album["artist"]["name"]) == ("Foundry", "The Gravel Kings")
        assert album["tracks"] == [uploaded["id"]]
        assert [artist["name"] for artist in library.artists()] == ["Ann", "The Gravel Kings"]
        artist = library.artist(album["artist"]["id"])
        assert (artist["albums"], artist["tracks"]) == ([album["id"]], [uploaded["id"]])
        assert library.track(uploaded["id"])["cover"] == album["cover"]

        for kind, thing in (("album", album), ("artist", artist), ("track", uploaded)):
            assert library.star(kind, thing["id"])["starred"] is True
            assert library.star(kind, thing["id"], starred=False)["starred"] is False
        library.star("album", album["id"])
        assert [row["id"] for row in library.albums(starred="true")] == [album["id"]]
        assert library.rate(uploaded["id"], 4)["rating"] == 4
        assert [row["id"] for row in library.tracks(rating_min=4)] == [uploaded["id"]]
        assert library.rate(uploaded["id"], None)["rating"] is None
        then = datetime(2026, 3, 1, 18, 20, 5, tzinfo=UTC)
        assert [library.play(uploaded["id"], then)["play_count"] for _ in range(2)] == [1, 1]
        assert library.play(uploaded["id"])["play_count"] == 2
        assert [row["id"] for row in library.tracks(played="true")] == [uploaded["id"]]
        with pytest.raises(LibraryError) as refused:
            library.rate(uploaded["id"], 6)
        assert refused.value.code == "invalid"
