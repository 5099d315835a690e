"""Two people use their libraries in any order: neither changes the other's, and an undo restores what it says."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from django.db.models import F
from django.http import QueryDict
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from library import selectors, services
from library.errors import DomainError
from library.exchange.export_writer import export_as_json
from library.models import BulkAction, PlaylistItem, Tagging, Track, TrackDeletion, User
from library.search.facet_counts import facet_counts
from library.search.filters import track_filterset
from library.search.query import parse_search
from library.search.saved import playlist_tracks_of
from tests.factories import PredictionFactory, UserFactory

NAMES = ["live", "Café", "late night"]
BUILTIN_GENRES = ["blues", "jazz", "rock"]
PEOPLE = st.sampled_from(["alice", "dora"])


def library_of(owner: User) -> dict[str, Any]:
    """Everything a person sees of their library, and their bin."""
    tracks = {
        track.pk: (track.title, track.genre, track.owner_genre, sorted(tag.name for tag in track.tags.all()))
        for track in selectors.tracks_of(owner).prefetch_related("tags")
    }
    playlists = {
        playlist.pk: (playlist.name, [track.pk for track in playlist_tracks_of(owner, playlist)])
        for playlist in selectors.playlists_of(owner)
    }
    return {
        "tracks": tracks,
        "tags": sorted(selectors.tags_of(owner).values_list("name", flat=True)),
        "playlists": playlists,
        "bin": sorted(selectors.bin_of(owner).values_list("pk", flat=True)),
    }


class LibrariesMachine(RuleBasedStateMachine):
    """What a person does must show only in their own library."""

    @initialize()
    def two_people(self) -> None:
        User.objects.all().delete()
        self.people = {name: UserFactory(email=f"{name}@example.org") for name in ("alice", "dora")}
        self.number = 0
        #: What each library looked like before and after the actions that can be undone, the latest last.
        self.done: dict[str, list[tuple[UUID, dict[str, Any], dict[str, Any]]]] = {"alice": [], "dora": []}
        for name in self.people:
            for _ in range(2):
                self.add(name)

    def add(self, who: str) -> Track:
        self.number += 1
        track = Track.objects.create(
            owner=self.people[who], title=f"Song {self.number}", sha256=f"{self.number:064}", size=10,
            original=f"tracks/{self.number}", status="ready", duration=60.0,
            original_name=f"{self.number}.wav",
        )  # fmt: skip
        heard = PredictionFactory(track=track, top=BUILTIN_GENRES[self.number % 3])
        Track.objects.filter(pk=track.pk).update(prediction=heard)
        track.refresh_from_db()
        services.prediction_adopt(track=track, prediction=heard, embedding=[0.6, 0.8])
        return track

    def tracks(self, who: str) -> list[Track]:
        return list(selectors.tracks_of(self.people[who]).order_by("title"))

    def draw_ids(self, data: st.DataObject, who: str) -> list[UUID]:
        """Some of a person's tracks, sometimes with one of the other's."""
        everybodys = [track.pk for name in self.people for track in self.tracks(name)]
        return data.draw(st.lists(st.sampled_from(everybodys), min_size=1, unique=True)) if everybodys else []

    def run_bulk_action(self, who: str, name: str, value: str, data: st.DataObject) -> None:
        ids = self.draw_ids(data, who)
        person = self.people[who]
        others = {other: library_of(self.people[other]) for other in self.people if other != who}
        before = library_of(person)
        tracks = selectors.tracks_of(person).filter(pk__in=ids)
        expected = tracks.count()
        action = services.bulk_action_request(person=person, name=name, value=value, tracks=tracks)
        assert action.total == expected == action.done + action.skipped
        assert {other: library_of(self.people[other]) for other in others} == others
        if action.can_be_undone:
            self.record_action(who, action, before, data)

    def record_action(
        self, who: str, action: BulkAction, before: dict[str, Any], data: st.DataObject
    ) -> None:
        """Undo something now or later."""
        self.done[who].append((action.pk, before, library_of(self.people[who])))
        if data.draw(st.booleans(), label="undo at once"):
            self.undo_the_latest(who)

    @rule(who=PEOPLE)
    def upload(self, who: str) -> None:
        self.add(who)

    @rule(who=PEOPLE, name=st.sampled_from(NAMES), kind=st.sampled_from(["tag", "untag"]), data=st.data())
    def tag(self, who: str, name: str, kind: str, data: st.DataObject) -> None:
        if kind == "tag" or selectors.tag_named(self.people[who], name):
            self.run_bulk_action(who, kind, name, data)

    @rule(who=PEOPLE, genre=st.sampled_from([*BUILTIN_GENRES, ""]), data=st.data())
    def set_genre(self, who: str, genre: str, data: st.DataObject) -> None:
        self.run_bulk_action(who, "genre" if genre else "confirm", genre, data)

    @rule(who=PEOPLE, data=st.data())
    def delete(self, who: str, data: st.DataObject) -> None:
        self.run_bulk_action(who, "delete", "", data)

    @rule(who=PEOPLE, data=st.data())
    def delete_one(self, who: str, data: st.DataObject) -> None:
        if tracks := self.tracks(who):
            before = library_of(self.people[who])
            action = services.track_delete(track=data.draw(st.sampled_from(tracks)))
            self.record_action(who, action, before, data)

    @rule(who=PEOPLE, data=st.data(), for_good=st.booleans())
    def empty_or_restore(self, who: str, data: st.DataObject, for_good: bool) -> None:
        """Whatever ids are sent: only what is in the person's own bin is restored or deleted."""
        ids = list(Track.all_objects.exclude(deleted_at=None).order_by("title").values_list("pk", flat=True))
        if not ids:
            return
        some = data.draw(st.lists(st.sampled_from(ids), min_size=1, unique=True))
        mine = set(selectors.bin_of(self.people[who]).values_list("pk", flat=True)) & set(some)
        if for_good:
            assert services.tracks_purge(owner=self.people[who], track_ids=some) == len(mine)
        else:
            assert set(services.tracks_restore(owner=self.people[who], track_ids=some)) == mine

    @rule(who=PEOPLE, name=st.sampled_from(NAMES), data=st.data())
    def fill_a_playlist(self, who: str, name: str, data: st.DataObject) -> None:
        owner = self.people[who]
        playlist = selectors.playlists_of(owner).filter(name=name).first()
        playlist = playlist or services.playlist_add(owner=owner, name=name)
        self.run_bulk_action(who, "playlist", str(playlist.pk), data)

    @rule(who=PEOPLE, data=st.data(), whole=st.booleans())
    def empty_a_playlist(self, who: str, data: st.DataObject, whole: bool) -> None:
        owner = self.people[who]
        before = library_of(owner)
        if not (playlists := list(selectors.playlists_of(owner).order_by("name"))):
            return
        playlist = data.draw(st.sampled_from(playlists))
        items = list(selectors.playlist_items_of(owner, playlist))
        if whole:
            action = services.playlist_delete(playlist=playlist)
        elif items:
            action = services.playlist_remove(item=data.draw(st.sampled_from(items)))
        else:
            return
        self.record_action(who, action, before, data)

    @rule(who=PEOPLE, data=st.data(), merge=st.booleans())
    def delete_or_merge_a_tag(self, who: str, data: st.DataObject, merge: bool) -> None:
        owner = self.people[who]
        before = library_of(owner)
        tags = list(selectors.tags_of(owner))
        if len(tags) < 1 + merge:
            return
        tag, *others = data.draw(st.permutations(tags))
        action = services.tag_merge(tag=tag, into=others[0]) if merge else services.tag_delete(tag=tag)
        self.record_action(who, action, before, data)

    @rule(who=PEOPLE, data=st.data())
    def rename_a_tag(self, who: str, data: st.DataObject) -> None:
        if tags := list(selectors.tags_of(self.people[who])):
            self.number += 1
            services.tag_change(tag=data.draw(st.sampled_from(tags)), name=f"name {self.number}")

    @precondition(lambda self: any(self.done.values()))
    @rule(who=PEOPLE)
    def undo_something(self, who: str) -> None:
        if self.done[who]:
            self.undo_the_latest(who)

    def undo_the_latest(self, who: str) -> None:
        """What was not changed since is as it was before."""
        pk, before, after = self.done[who].pop()
        person = self.people[who]
        untouched = library_of(person) == after
        action = BulkAction.objects.get(pk=pk)
        total = action.targets.count()  # also of tracks in the bin, which `done` leaves out
        count = services.bulk_action_undo(action=action)
        assert count <= total
        if untouched:
            assert count == action.done
            restored = library_of(person)
            # A tag or playlist that was made for the action stays, empty.
            assert restored["tracks"] == before["tracks"]
            assert restored["bin"] == before["bin"]
            playlists = {pk: restored["playlists"][pk] for pk in before["playlists"]}
            assert playlists == before["playlists"]
            assert set(before["tags"]) <= set(restored["tags"])
        with pytest.raises(DomainError):
            services.bulk_action_undo(action=action)

    @rule(who=PEOPLE, other=PEOPLE)
    def export_and_import(self, who: str, other: str) -> None:
        """A person's own export changes nothing; the other's has no files of theirs."""
        document = "".join(export_as_json(self.people[who])).encode()
        before = library_of(self.people[other])
        report = services.library_import(
            owner=self.people[other], file=io.BytesIO(document), size=len(document)
        )
        after = library_of(self.people[other])
        if who == other:
            assert report.total == 0
            assert after == before
        else:
            assert report.matched == 0
            assert (after["tracks"], after["bin"]) == (before["tracks"], before["bin"])

    @invariant()
    def counts_equal_lists(self) -> None:
        for owner in getattr(self, "people", {}).values():
            tracks = list(selectors.tracks_of(owner))
            assert selectors.usage_of(owner)["tracks"] == len(tracks)
            counts = facet_counts(track_filterset(owner, QueryDict()))
            assert sum(counts["status"].values()) == len(tracks)
            for genre, count in counts["genre"].items():
                assert parse_search(owner, f"genre={genre}").qs.count() == count
            for tag in selectors.tags_with_counts(owner):
                found = parse_search(owner, urlencode({"tag": tag.name}))
                assert found.qs.count() == tag.track_count == counts["tag"][tag.key]
            for playlist in selectors.playlists_with_counts(owner):
                assert playlist.track_count == len(playlist_tracks_of(owner, playlist))
            assert sum(selectors.track_count_by_genre(owner).values()) == len(tracks)

    @invariant()
    def tombstones_are_of_what_is_not_there(self) -> None:
        there = set(Track.objects.values_list("pk", flat=True))
        told = set(TrackDeletion.objects.values_list("track_id", flat=True))
        binned = set(Track.all_objects.exclude(deleted_at=None).values_list("pk", flat=True))
        assert not there & told
        assert binned <= told

    @invariant()
    def everything_of_a_track_is_its_owners(self) -> None:
        assert not Tagging.objects.exclude(tag__owner=F("track__owner")).exists()
        assert not PlaylistItem.objects.exclude(playlist__owner=F("track__owner")).exists()


LibrariesMachine.TestCase.settings = settings(max_examples=12, stateful_step_count=25, deadline=None)


TestLibraries = pytest.mark.django_db(LibrariesMachine.TestCase)
