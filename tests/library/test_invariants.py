"""Derived fields stay right whatever is done to tracks, genres and tags, in any order."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from library import selectors, services
from library.errors import DomainError
from library.genres import BUILTIN_GENRES, known_genre_from_tag
from library.models import BulkAction, Genre, Tag, Tagging, Track, User, Verdict
from tests.factories import PredictionFactory, UserFactory

NAMES = st.sampled_from(["Shoegaze", "Dream pop", "Polka", "shoegaze"])
SOME_GENRES = sorted(BUILTIN_GENRES)[:3]


class LibraryMachine(RuleBasedStateMachine):
    """A model of one library: the stack of verdicts of each track's owner, and the track's tags."""

    tracks = Bundle("tracks")
    actions = Bundle("acts")

    @initialize()
    def empty(self) -> None:
        User.objects.all().delete()
        self.alice = UserFactory()
        self.verdicts: dict[object, list[tuple[str, BulkAction | None]]] = {}
        self.tags: dict[object, set[str]] = {}

    @rule(
        target=tracks,
        label=st.sampled_from([*SOME_GENRES, None]),
        tag=st.sampled_from(["", "Shoegaze", "Dream pop", *SOME_GENRES]),
    )
    def track(self, label: str | None, tag: str) -> Track:
        number = len(self.verdicts)
        track = Track.objects.create(
            owner=self.alice,
            title=f"Song {number}",
            sha256=f"{number:064}",
            size=1,
            status="ready",
            file_genre=tag,
            file_label=known_genre_from_tag(tag, selectors.own_genres_for_tags(self.alice)),
        )
        heard = PredictionFactory(track=track, top=label or SOME_GENRES[0], label=label)
        Track.objects.filter(pk=track.pk).update(prediction=heard)
        track.refresh_from_db()
        services.prediction_adopt(track=track, prediction=heard, embedding=[])
        self.verdicts[track.pk], self.tags[track.pk] = [], set()
        return track

    @rule(trust=st.sampled_from(User.FileGenreTrust))
    def trust_files(self, trust: User.FileGenreTrust) -> None:
        if services.user_trust_file_genres(user=self.alice, trust=trust):
            services.genre_recompute_run(owner_id=self.alice.pk)

    @rule(track=tracks, genre=st.sampled_from([*SOME_GENRES, ""]))
    def set_genre(self, track: Track, genre: str) -> None:
        services.genre_set(track=track, person=self.alice, genre=genre)
        self.verdicts[track.pk].append((genre, None))

    @rule(track=tracks, name=NAMES)
    def set_own_genre(self, track: Track, name: str) -> None:
        try:
            genre = services.own_genre_add(owner=self.alice, name=name)
        except DomainError:
            genre = Genre.objects.get(owner=self.alice, name__iexact=name)
        services.genre_set(track=track, person=self.alice, genre=genre.key)
        self.verdicts[track.pk].append((genre.key, None))

    @rule(track=tracks)
    def undo(self, track: Track) -> None:
        verdicts = self.verdicts[track.pk]
        if not verdicts:
            with pytest.raises(DomainError):
                services.genre_undo(track=track, person=self.alice)
            return
        services.genre_undo(track=track, person=self.alice)
        verdicts.pop()

    @rule(target=actions, genre=st.sampled_from(SOME_GENRES))
    def set_genre_of_all(self, genre: str) -> BulkAction:
        action = services.genres_set(tracks=selectors.tracks_of(self.alice), person=self.alice, genre=genre)
        for verdicts in self.verdicts.values():
            if not verdicts or verdicts[-1][0] != genre:
                verdicts.append((genre, action))
        return action

    @rule(target=actions, data=st.data())
    def delete_a_genre(self, data: st.DataObject) -> BulkAction | None:
        own = list(selectors.own_genres_of(self.alice))
        if not own:
            return None
        genre = data.draw(st.sampled_from(own))
        into = data.draw(st.sampled_from(["", SOME_GENRES[0]]))
        action = services.own_genre_delete(genre=genre, into=into)
        for verdicts in self.verdicts.values():
            if verdicts and verdicts[-1][0] == genre.key:
                verdicts.append((into, action))
        return action

    @rule(action=actions)
    def undo_bulk_action(self, action: BulkAction | None) -> None:
        if action is None:
            return
        try:
            services.bulk_action_undo(action=action)
        except DomainError:
            return
        for pk, verdicts in self.verdicts.items():
            self.verdicts[pk] = [
                verdict for verdict in verdicts if verdict[1] is None or verdict[1].pk != action.pk
            ]

    @rule(track=tracks, name=st.sampled_from(["live", "Café", "LIVE"]))
    def tag(self, track: Track, name: str) -> None:
        self.tags[track.pk].add(services.track_tag(track=track, name=name).key)

    @rule(data=st.data())
    def merge_tags(self, data: st.DataObject) -> None:
        tags = list(Tag.objects.filter(owner=self.alice))
        if len(tags) < 2:
            return
        tag, into = data.draw(st.permutations(tags))[:2]
        services.tag_merge(tag=tag, into=into)
        for keys in self.tags.values():
            if tag.key in keys:
                keys.remove(tag.key)
                keys.add(into.key)

    @rule(track=tracks, top=st.sampled_from(SOME_GENRES))
    def adopt_prediction_of_new_model(self, track: Track, top: str) -> None:
        version = str(track.predictions.count() + 1)
        heard = PredictionFactory(track=track, top=top, model_version=version)
        Track.objects.filter(pk=track.pk).update(prediction=heard)
        services.prediction_adopt(track=track, prediction=heard, embedding=[])

    @invariant()
    def effective_genre_follows_from_the_layers(self) -> None:
        for track in Track.objects.filter(owner=self.alice).select_related("prediction"):
            verdicts = self.verdicts[track.pk]
            said = verdicts[-1][0] if verdicts else ""
            heard = track.prediction.label or ""
            own_genres = selectors.own_genres_for_tags(self.alice)
            file = known_genre_from_tag(track.file_genre, own_genres)
            trust = self.alice.file_genre_trust
            opinions = [
                ("owner", said),
                ("file", file if trust == "always" else ""),
                ("model", heard),
                ("file", file if trust == "unsure" else ""),
                ("", ""),
            ]
            source, genre = next((source, genre) for source, genre in opinions if genre or not source)
            assert (track.owner_genre, track.file_label) == (said, file)
            assert (track.genre, track.genre_source) == (genre, source)
            contradicts = source == "model" and file not in ("", heard)
            assert track.needs_you == (not genre or contradicts)

    @invariant()
    def every_effective_genre_exists(self) -> None:
        known = {choice.key for choice in selectors.genre_names_of(self.alice)}
        assert set(Track.objects.exclude(genre="").values_list("genre", flat=True)) <= known

    @invariant()
    def tags_are_where_they_were_put(self) -> None:
        on: dict[object, set[str]] = {pk: set() for pk in self.tags}
        for pk, key in Tagging.objects.values_list("track", "tag__key"):
            on[pk].add(key)
        assert on == self.tags

    @invariant()
    def history_only_grows(self) -> None:
        assert Verdict.objects.filter(undone_at=None).count() == sum(map(len, self.verdicts.values()))


LibraryMachine.TestCase.settings = settings(max_examples=15, stateful_step_count=20, deadline=None)


TestLibrary = pytest.mark.django_db(LibraryMachine.TestCase)
