"""Whatever becomes of tracks and their names, in any order: albums and artists are always what the names say."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from library import services
from library.errors import DomainError
from library.models import Album, Artist, BulkAction, Track, User
from tests.albums import ANN, OTHER_RELEASE, RELEASE, check_rows, make_song
from tests.factories import UserFactory

ARTISTS = st.sampled_from(["Ann", "ANN", "Bob", "The Bobs", "", "Various Artists"])
TITLES = st.sampled_from(["One", "ONE", "Two", ""])
NAMES = st.fixed_dictionaries(
    {"artist": ARTISTS, "album": TITLES},
    optional={
        "artist_names": st.sampled_from([[], ["Ann", "Bob"], ["bob", "Ann", "BOB"]]),
        "album_artist": ARTISTS,
        "compilation": st.booleans(),
        "musicbrainz": st.sampled_from(
            [{}, {"release": [RELEASE]}, {"release": [OTHER_RELEASE]}, {"artists": [ANN]}]
        ),
        "year": st.sampled_from([None, 1969, 1970]),
        "original_year": st.sampled_from([None, 1969]),
    },
)
EDITS = st.dictionaries(
    st.sampled_from(["artist", "album", "album_artist"]), st.sampled_from(["Ann", "Bob", "One", "two", ""])
) | st.dictionaries(st.just("compilation"), st.booleans())


class AlbumsMachine(RuleBasedStateMachine):
    tracks = Bundle("tracks")
    actions = Bundle("actions")

    @initialize()
    def empty(self) -> None:
        User.objects.all().delete()
        self.alice = UserFactory()

    @rule(target=tracks, names=NAMES)
    def arrives(self, names: dict[str, Any]) -> Track:
        return make_song(self.alice, **names)

    @rule(target=tracks, names=NAMES, count=st.integers(2, 4))
    def an_album_arrives(self, names: dict[str, Any], count: int) -> Track:
        songs = [make_song(self.alice, **names) for _ in range(count)]
        return songs[0]

    @rule(track=tracks, changes=EDITS)
    def is_edited(self, track: Track, changes: dict[str, Any]) -> None:
        with suppress(DomainError):  # it may be in the bin
            services.track_edit(track=track, **changes)

    @rule(names=NAMES, data=st.data())
    def many_change(self, names: dict[str, Any], data: st.DataObject) -> None:
        ids = list(Track.all_objects.order_by("pk").values_list("pk", flat=True))
        some = data.draw(st.lists(st.sampled_from(ids), unique=True)) if ids else []
        Track.all_objects.filter(pk__in=some).update(**names)
        services.albums_recompute(owner=self.alice, track_ids=some)

    @rule(track=tracks)
    def goes_to_the_bin(self, track: Track) -> None:
        services.tracks_move_to_bin(owner=self.alice, track_ids=[track.pk])

    @rule(track=tracks)
    def comes_back(self, track: Track) -> None:
        services.tracks_restore(owner=self.alice, track_ids=[track.pk])

    @rule(track=consumes(tracks))
    def is_purged(self, track: Track) -> None:
        services.tracks_purge(owner=self.alice, track_ids=[track.pk])

    @rule(target=actions, data=st.data())
    def artists_are_merged(self, data: st.DataObject) -> BulkAction | None:
        rows = list(Artist.objects.order_by("key"))
        if len(rows) < 2:
            return None
        into, *others = data.draw(st.lists(st.sampled_from(rows), min_size=2, unique_by=lambda row: row.pk))
        return services.artists_merge(owner=self.alice, into=into, artists=others)

    @rule(target=actions, name=st.sampled_from(["Ann", "ann", "Cid"]), data=st.data())
    def an_artist_is_renamed(self, name: str, data: st.DataObject) -> BulkAction | None:
        rows = list(Artist.objects.order_by("key"))
        return services.artist_rename(artist=data.draw(st.sampled_from(rows)), name=name) if rows else None

    @rule(target=actions, data=st.data())
    def albums_are_merged(self, data: st.DataObject) -> BulkAction | None:
        rows = list(Album.objects.order_by("key", "mbid", "artist__key"))
        if len(rows) < 2:
            return None
        into, *others = data.draw(st.lists(st.sampled_from(rows), min_size=2, unique_by=lambda row: row.pk))
        action = services.albums_merge(owner=self.alice, into=into, albums=others)
        assert not Album.objects.filter(pk__in=[row.pk for row in others]).exists()
        # Of three albums of one name, two of them releases, the one without joins the release that is left.
        assert into.mbid == "" or Album.objects.filter(pk=into.pk).exists()
        return action

    @rule(
        target=actions,
        changes=st.fixed_dictionaries(
            {}, optional={"title": st.sampled_from(["One", "Two", "Three"]), "artist": ARTISTS}
        ),
        data=st.data(),
    )
    def an_album_is_edited(self, changes: dict[str, Any], data: st.DataObject) -> BulkAction | None:
        rows = list(Album.objects.order_by("key", "mbid", "artist__key"))
        return services.album_edit(album=data.draw(st.sampled_from(rows)), **changes) if rows else None

    @rule(target=actions, changes=EDITS, data=st.data())
    def many_are_edited(self, changes: dict[str, Any], data: st.DataObject) -> BulkAction | None:
        ids = list(Track.objects.order_by("pk").values_list("pk", flat=True))
        some = data.draw(st.lists(st.sampled_from(ids), unique=True)) if ids else []
        tracks = Track.objects.filter(pk__in=some)
        with suppress(DomainError):  # without any change
            return services.tracks_edit(tracks=tracks, person=self.alice, changes=changes)
        return None

    @rule(action=consumes(actions))
    def is_undone(self, action: BulkAction | None) -> None:
        if action is not None:
            services.bulk_action_undo(action=action)

    @invariant()
    def rows_are_what_the_names_say(self) -> None:
        check_rows(self.alice)

    @invariant()
    def there_is_nothing_left_to_do(self) -> None:
        ids = list(Track.all_objects.values_list("pk", flat=True))
        assert services.albums_recompute(owner=self.alice, track_ids=ids) == 0


@pytest.mark.django_db(transaction=True)
def test_albums_in_any_order() -> None:
    run_state_machine_as_test(
        AlbumsMachine, settings=settings(max_examples=25, stateful_step_count=20, deadline=None)
    )
