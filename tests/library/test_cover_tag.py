"""The template tag `cover`: a picture whose size is known, or a tile with initials, and never a query."""

from __future__ import annotations

from typing import Any

import pytest
from django.template import Context, Template
from pytest_django import DjangoAssertNumQueries

from library.models import Album, Artist, Cover, Track, User
from library.selectors import genre_names_of
from tests.covers import make_cover
from tests.factories import TrackFactory

pytestmark = pytest.mark.django_db


def drawn(thing: Any, owner: User, size: str = "small") -> str:
    template = Template("{% load covers %}{% cover thing size %}")
    return template.render(Context({"thing": thing, "size": size, "genres": genre_names_of(owner)}))


@pytest.fixture
def album(alice: User) -> Album:
    return Album.objects.create(owner=alice, title="Night Ferry", key="night ferry", sort_title="night ferry")


def track_on(album: Album, cover: Cover | None = None) -> Track:
    """A track on an album made by hand, loaded with it."""
    track = TrackFactory(owner=album.owner)
    Track.objects.filter(pk=track.pk).update(album_entry=album, cover=cover)
    return Track.objects.select_related("album_entry").get(pk=track.pk)


def test_picture(alice: User, album: Album) -> None:
    album.cover = make_cover(alice)
    shown = drawn(album, alice, "medium")
    assert f'src="/covers/{album.cover_id}/medium.webp" width="320" height="320"' in shown
    assert 'loading="lazy"' in shown
    assert 'alt=""' in shown


def test_tile_of_an_album(alice: User, album: Album) -> None:
    assert 'data-initials="NF"' in drawn(album, alice)
    album.genre = "jazz"  # type: ignore[attr-defined]
    assert "genre-jazz" in drawn(album, alice)


def test_tile_of_an_artist(alice: User) -> None:
    artist = Artist.objects.create(owner=alice, name="the gravel kings", key="k", sort_name="k")
    assert 'data-initials="TG"' in drawn(artist, alice)


def test_tile_of_a_track(alice: User) -> None:
    track = TrackFactory(owner=alice, artist="Édith Piaf", heard={"top": "blues"})
    assert "genre-blues" in drawn(track, alice)
    assert 'data-initials="ÉP"' in drawn(track, alice)
    assert 'data-initials="S1"' in drawn(TrackFactory(owner=alice, title="Song 12", artist="!!!"), alice)


def test_name_is_escaped(alice: User) -> None:
    assert "<b" not in drawn(Artist(owner=alice, name="<b <i"), alice)


class TestTrackOnAnAlbum:
    def test_shows_its_own_picture(self, alice: User, album: Album) -> None:
        own, other = make_cover(alice), make_cover(alice, (0, 0, 200))
        Album.objects.update(cover=other)
        assert str(own.pk) in drawn(track_on(album, own), alice)

    def test_shows_the_albums_when_it_has_none(self, alice: User, album: Album) -> None:
        other = make_cover(alice)
        Album.objects.update(cover=other)
        assert str(other.pk) in drawn(track_on(album), alice)

    def test_shows_what_was_chosen_for_the_album(self, alice: User, album: Album) -> None:
        own, chosen = make_cover(alice), make_cover(alice, (0, 0, 200))
        Album.objects.update(cover=chosen, cover_chosen=True)
        assert str(chosen.pk) in drawn(track_on(album, own), alice)
        Album.objects.update(cover=None, cover_chosen=True)
        assert "cover-tile" in drawn(track_on(album, own), alice)

    def test_makes_no_query(
        self, alice: User, album: Album, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        track = Track.objects.get(pk=track_on(album, make_cover(alice)).pk)
        names = genre_names_of(alice)
        template = Template("{% load covers %}{% cover thing %}")
        with django_assert_num_queries(0):
            assert "<img" in template.render(Context({"thing": track, "genres": names}))
