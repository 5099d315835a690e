"""Whatever is read is the same before and after tracks that have everything came and went to the bin.

Every selector, every page, every API route and every bulk action is asked. A selector that is not named here makes a
test fail, and so does an address with a part that nothing is known to fill.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import io
import json
import pkgutil
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Q, QuerySet
from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from library import selectors, services
from library.api.serializers.bulk_actions import BulkActionCreateSerializer
from library.exchange.export_writer import export_as_json
from library.models import (
    Album,
    AnalysisPart,
    Answer,
    Artist,
    BaseModelChange,
    BaseModelRow,
    BulkAction,
    Concept,
    ConceptTrack,
    LearnedModel,
    LearnedRow,
    Mood,
    PartialUpload,
    Play,
    Playlist,
    PlaylistItem,
    Prediction,
    Tag,
    Tagging,
    TagRejection,
    Track,
    User,
    Verdict,
)  # fmt: skip
from library.monitoring.metrics import exposition
from library.search import facet_counts, saved
from library.search.filters import track_filterset
from library.search.saved import gone_rows_of, gone_tags_of, playlist_tracks_of, words_of
from library.selectors import (
    album_lists,
    analysis_parts,
    base_models,
    health,
    learning,
    maps,
    model_comparison,
    moments,
    moods,
    overview,
    play_queues,
    players,
    questions,
    similar,
    sonic,
    vectors,
)
from library.selectors import tracks as track_selectors
from library.selectors.keeping_up import agreement_of, could_learn_anew
from library.selectors.learning_events import learning_events_of
from library.selectors.training import tracks_for_training
from tests.album_rows import make_album, make_track_on
from tests.covers import make_cover
from tests.crawl import addresses, response_bytes, send_request
from tests.factories import PredictionFactory, TrackFactory, signed_in, with_token
from tests.learning import vector_like

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("crawling")]

SECRET = "zyxomel"


class World(NamedTuple):
    """Alice, who shares with bob, and one of each thing of hers that can be in a library."""

    alice: User
    bob: User
    track: Track
    tag: Tag
    playlist: Playlist
    action: BulkAction
    ids: dict[str, list[Any]]


@pytest.fixture
def world(alice: User, bob: User) -> World:
    services.user_share(user=alice, share=True)
    services.user_allow_training(user=alice, allow=True)
    tracks = [give_everything(alice, bob, f"Live {number}", [0.6, 0.8 - number / 10]) for number in range(5)]
    track = tracks[0]
    for other in tracks[:3]:
        tag = services.track_tag(track=other, name="late")
    services.suggestion_reject(track=track, name="loud")
    services.tag_add(owner=alice, name="loud")
    concept = services.concept_get_or_create(owner=alice, taught=tag)
    services.concept_answer(concept=concept, track=tracks[4], yes=False)
    playlist = services.playlist_add(owner=alice, name="Evening")
    action = services.playlist_append(playlist=playlist, tracks=Track.objects.filter(pk=track.pk))
    search = services.search_save(owner=alice, name="Blues", query="genre=blues")
    genre = services.own_genre_add(owner=alice, name="Dub")
    dub = services.concept_get_or_create(owner=alice, taught=genre)
    Concept.objects.filter(pk=dub.pk).update(sets_since=timezone.now())
    set_itself(dub, TrackFactory(owner=alice, title="Live set", artist="Live set artist"))
    add_learned_row(alice, TrackFactory(owner=alice, title="Live learned", artist="Live learned artist"))
    TrackFactory(owner=alice, status=Track.Status.FAILED, title="Live failed")
    TrackFactory(owner=alice, status=Track.Status.QUEUED, title="Live queued")
    upload = PartialUpload.objects.create(owner=alice, name="a.wav", length=9, track=track)
    packed = PartialUpload.objects.create(
        owner=alice, name="a.zip", length=9, contents={"added": 1, "known": 0, "refused": 0}
    )
    token, _ = services.token_create(owner=alice, name="program")
    add_base_model_rows(alice, track)
    cover = make_cover(alice)
    Track.objects.filter(pk=track.pk).update(cover=cover)
    services.album_covers_recompute(owner=alice, album_ids=[track.album_entry_id])
    services.upgrade_pass_start()
    verdict = track.verdicts.first()
    assert verdict
    assert track.prediction
    item = playlist.items.get()
    artist = track.artists.get()
    long = [
        track.pk,
        playlist.pk,
        search.pk,
        action.pk,
        upload.pk,
        packed.pk,
        track.album_entry_id,
        artist.pk,
    ]
    short = [concept.pk, tag.pk, item.pk, genre.pk, token.pk, verdict.pk, track.prediction.pk, alice.pk]
    ids: dict[str, list[Any]] = {
        "id": [*long, *short],
        "pk": [*long, *short],
        "track_id": [track.pk],
        "playlist_id": [playlist.pk, search.pk],
        "bulk_action_id": [action.pk],
        "upload_id": [upload.pk, packed.pk],
        "album_id": [track.album_entry_id],
        "artist_id": [artist.pk],
        **dict.fromkeys(("tag_id", "item_id", "genre_id", "token_id", "password_id"), short),
        "cover_id": [cover.pk],
        "size": ["small"],
        "number": [1],
        "change_id": [change_of(alice, "pending").pk, change_of(alice, "active").pk],
        "object_id": [track.pk, *sorted(set(short))],
        "content_type_id": [ContentType.objects.get_for_model(Track).pk],
        "key": [genre.key],
        "mood": ["happy"],
        "uidb64": ["MQ"],
        "token": ["set-password"],
        "app_label": ["library"],
        "url": ["library/"],
    }
    return World(alice, bob, track, tag, playlist, action, ids)


def give_everything(owner: User, reviewer: User, title: str, embedding: list[float]) -> Track:
    """A track in which something was heard, and of which two people said something."""
    album = make_album(owner, f"{title} album", f"{title} artist", year=1977)
    track = make_track_on(
        album,
        title,
        file_genre="Rock",
        embedding=embedding,
        vector=vector_like(title, 1),
        heard={"moods": {"happy": 0.9}, "model_name": "msd-musicnn-1", "model_version": "1.4.0"},
        year=1977,
        original_name=f"{title}.wav",
    )
    services.genre_set(track=track, person=reviewer, genre="jazz")
    services.genre_set(track=track, person=owner, genre="blues")
    services.play_add(track=track)
    return Track.objects.get(pk=track.pk)


def fill_the_bin(world: World) -> list[Track]:
    """Tracks like those that are there, in every state, come and go to the bin."""
    alice = world.alice
    ready = give_everything(alice, world.bob, f"{SECRET} ready", [0.6, 0.75])
    unsure = TrackFactory(owner=alice, title=f"{SECRET} unsure", heard={"label": None}, embedding=[0.5, 0.7])
    was_set = TrackFactory(owner=alice, title=f"{SECRET} set", artist=f"{SECRET} set artist")
    set_itself(Concept.objects.get(owner=alice, genre__name="Dub"), was_set)
    binned = [ready, unsure, was_set]
    # Of an album that is there, and by an artist who is; and on an album of others.
    theirs = world.track
    place = {
        "artist": theirs.artist,
        "album": theirs.album,
        "album_artist": theirs.album_artist,
        "year": theirs.year,
    }
    Track.objects.filter(pk=unsure.pk).update(**place)
    Track.objects.filter(pk=ready.pk).update(artist_names=[ready.artist, theirs.artist])
    services.albums_recompute(owner=alice, track_ids=[unsure.pk, ready.pk])
    for status in (Track.Status.FAILED, Track.Status.QUEUED, Track.Status.ANALYSING):
        binned.append(TrackFactory(owner=alice, title=f"{SECRET} {status}", status=status))
    for track in binned:
        # Rows alone: a service would note on the tag and playlist that they changed.
        Tagging.objects.create(tag=world.tag, track=track)
        PlaylistItem.objects.create(playlist=world.playlist, track=track, position=1)
        TagRejection.objects.create(track=track, key="loud")
        Answer.objects.create(concept=concept_of(world), track=track, yes=True)
        add_learned_row(alice, track)
    for track in (ready, unsure):
        add_base_model_rows(alice, track)
    ids = [track.pk for track in binned]
    assert set(services.tracks_move_to_bin(owner=alice, track_ids=ids)) == set(ids)
    return binned


def add_learned_row(owner: User, track: Track) -> None:
    version, _ = LearnedModel.objects.get_or_create(
        owner=owner, number=1, defaults={"status": LearnedModel.Status.CANDIDATE}
    )
    LearnedRow.objects.create(model=version, track=track, genre="rock", probability=0.9)


def add_base_model_rows(owner: User, track: Track) -> None:
    """Of a model that has heard the track and waits, and of one in use that the track still follows.

    The second has not heard tracks with a verdict.
    """
    prediction = PredictionFactory(track=track, model_name="newer-1", top="rock")
    row = {"track": track, "prediction": prediction}
    BaseModelRow.objects.create(change=change_of(owner, "pending"), **row)
    if not track.owner_genre:
        BaseModelRow.objects.create(change=change_of(owner, "active"), **row)


def change_of(owner: User, status: str) -> BaseModelChange:
    return BaseModelChange.objects.get_or_create(
        owner=owner,
        status=status,
        defaults={"model_name": "newer-1", "model_version": "1", "completed_at": timezone.now()},
    )[0]


def version_of(world: World) -> LearnedModel:
    return selectors.learned_models_of(world.alice).get()


def row_near_all(world: World) -> LearnedRow:
    tracks = Track.all_objects.filter(owner=world.alice).order_by("pk")
    return LearnedRow(pk=1, genre="blues", nearest=[str(track.pk) for track in tracks])


def set_itself(concept: Concept, track: Track) -> None:
    ConceptTrack.objects.create(concept=concept, track=track, margin=0.1)
    services.effective_genres_recompute(Track.objects.filter(pk=track.pk))


def concept_of(world: World, name: str = "late") -> Concept:
    tag = selectors.tag_named(world.alice, name)
    assert tag
    return selectors.concept_for(world.alice, tag)


#: The bin's own, and what asks no table.
NOT_ASKED = {
    "bin.bin_of", "bin.bin_usage_in", "bin.bin_usage_of", "bin.binned_ids_of", "bin.purged_after",
    "bin.tracks_including_binned", "tracks.with_prediction",
    "needs_you.answer_options_for", "needs_you.suggested_own_genre", "reviewing.visible_to", "similar.shared_moods",
    # About the tracks or genres that they are given.
    "reviewing.verdict_counts_for", "genres.genre_choices_for",
    "model_cards.default_model_id", "model_cards.learning_space", "model_cards.model_id", "model_cards.model_name_of",
    "model_cards.installed_models", "model_cards.accuracy_at_confidence", "model_cards.accuracy_when_sure",
    "covers.cover_id_for", "read_once.read_once", "read_once.reads_once",
    # Fetched along with tracks.
    "learned.learned_rows_in_use",
    # They choose among the verdicts that they are given.
    "verdicts.latest_verdicts", "verdicts.verdicts_in_force", "verdicts.verdict_for_track",
    "verdicts.later_verdicts_by_the_same",
    "learning.teaching_is_possible", "standing.switched_on_text", "standing.switch_text",
    "learned.learned_reason_text", "learned.learned_gain_text",
    "standing.standing_text",
    "moments.telling_moment", "model_comparison.sign_test",
    # The bin takes its part of the quota.
    "people.stored_sizes_of", "people.quota_of",
    # Their rows are no tracks.
    "table_sizes.pruned_table_sizes", "staff.job_backlog",
    # Made of others; the damaged files that it counts are looked after in the bin, too.
    "staff.staff_overview_for",
    # Files are looked after in the bin, too.
    "file_checks.damage_of", "file_checks.damaged_counts", "file_checks.originals_due",
    "file_checks.originals_unread_since",
    # Tracks in the bin follow a base model, too; the others narrow down rows or tracks that they are given.
    "base_models.rows_to_swap", "base_models.tracks_without_model", "base_models.with_genres",
    # Parts of subqueries, whose tracks are looked up in the library.
    "concepts.example_ids", "concepts.refusal_ids", "concepts.other_genre_ids", "concepts.reviewed_ids",
    "vectors.packed_track_ids",
    "concepts.settled_ids", "tags.with_taggings",
    # Of tracks that are looked up in the library.
    "track_artists.with_artists",
    # Of artists that it is given.
    "albums.with_cover",
    # Of tracks that it is given; when something went to the bin; ids that are looked up in the library.
    "players.as_songs", "players.library_changed_at", "play_queues.queued_ids",
    # They keep what was set on tracks in the bin, and choose among the tracks that they are given.
    "concept_switch.due_genres_of", "concept_switch.due_tags_of", "concept_switch.settled_among",
}  # fmt: skip

SELECTORS: dict[str, Callable[[World], Any]] = {
    "albums.albums_of": lambda w: selectors.albums_of(w.alice),
    "albums.albums_with": lambda w: selectors.albums_with(w.alice, selectors.tracks_of(w.alice)),
    "albums.with_main_genre": lambda w: selectors.with_main_genre(selectors.albums_of(w.alice)),
    "albums.tracks_on_no_album": lambda w: selectors.tracks_on_no_album(w.alice),
    "albums.other_albums_with_artist": lambda w: [
        album for artist in all_artists() for album in selectors.other_albums_with_artist(w.alice, artist)
    ],
    "album_search.albums_named": lambda w: selectors.albums_named(w.alice, "album"),
    "album_search.artists_named": lambda w: selectors.artists_named(w.alice, "artist"),
    "album_search.artist_letters_of": lambda w: selectors.artist_letters_of(w.alice),
    "album_search.artists_by_letter": lambda w: [
        list(selectors.artists_by_letter(w.alice, letter)) for letter in "#LZ"
    ],
    "album_search.albums_by_artist": lambda w: selectors.albums_by_artist(w.alice, all_artists(), 9),
    "albums.album_of": lambda w: [
        found for album in all_albums() if (found := selectors.album_of(w.alice, album.pk))
    ],
    "albums.tracks_of_album": lambda w: [
        track for album in all_albums() for track in selectors.tracks_of_album(w.alice, album)
    ],
    "albums.artists_of": lambda w: selectors.artists_of(w.alice),
    "albums.artist_of": lambda w: [
        found for artist in all_artists() if (found := selectors.artist_of(w.alice, artist.pk))
    ],
    "albums.albums_of_artist": lambda w: [
        album for artist in all_artists() for album in selectors.albums_of_artist(w.alice, artist)
    ],
    "albums.most_played_of_artist": lambda w: [
        track.pk for artist in all_artists() for track in selectors.most_played_of_artist(w.alice, artist, 9)
    ],
    "albums.tracks_of_artist": lambda w: [
        track for artist in all_artists() for track in selectors.tracks_of_artist(w.alice, artist)
    ],
    "agreement.agreement_visible_to": lambda w: selectors.agreement_visible_to(w.bob),
    "analysis_parts.tracks_with_analysis": lambda w: list(
        analysis_parts.tracks_with_analysis(AnalysisPart.TAGS).order_by("pk")
    ),
    "analysis_parts.tracks_lacking": lambda w: [
        list(analysis_parts.tracks_lacking(part).order_by("pk")) for part in AnalysisPart
    ],
    "analysis_parts.tracks_to_upgrade": lambda w: analysis_parts.tracks_to_upgrade(AnalysisPart.TAGS),
    "analysis_parts.lacking_counts": lambda w: analysis_parts.lacking_counts(),
    "analysis_parts.upgrade_progress_of": lambda w: analysis_parts.upgrade_progress_of(w.alice),
    "concept_switch.concept_setting": lambda w: selectors.concept_setting(w.alice, w.track),
    "concept_switch.doubtful_concepts_of": lambda w: selectors.doubtful_concepts_of(w.alice),
    "concept_switch.ids_to_set": lambda w: selectors.ids_to_set(w.alice, concept_of(w)),
    "concept_switch.set_counts_of": lambda w: selectors.set_counts_of(w.alice),
    "concept_switch.switched_on_concepts_of": lambda w: selectors.switched_on_concepts_of(w.alice),
    "concept_switch.tracks_set_by": lambda w: [
        selectors.tracks_set_by(w.alice, concept) for concept in selectors.switched_on_concepts_of(w.alice)
    ],
    "concepts.concepts_of": lambda w: selectors.concepts_of(w.alice),
    "concepts.concept_for": lambda w: concept_of(w),
    "concepts.example_counts_of": lambda w: selectors.example_counts_of(w.alice),
    "concepts.examples_of": lambda w: selectors.examples_of(w.alice, concept_of(w)),
    "concepts.refusals_of": lambda w: selectors.refusals_of(w.alice, concept_of(w, "loud")),
    "concepts.answers_of": lambda w: selectors.answers_of(w.alice, concept_of(w)),
    "learned.learned_models_of": lambda w: selectors.learned_models_of(w.alice),
    "learned.learned_candidate_of": lambda w: selectors.learned_candidate_of(w.alice),
    "learned.learned_model_is_open": lambda w: selectors.learned_model_is_open(w.alice, version_of(w)),
    "learned.learnable_verdicts_of": lambda w: selectors.learnable_verdicts_of(w.alice),
    "learned.open_rows_by_change": lambda w: selectors.open_rows_by_change(
        w.alice, version_of(w), selectors.learned_changes_of(w.alice, version_of(w))
    ),
    "learned.is_learning": lambda w: selectors.is_learning(w.alice),
    "learned.open_rows_of": lambda w: selectors.open_rows_of(w.alice, version_of(w)),
    "learned.learned_changes_of": lambda w: selectors.learned_changes_of(w.alice, version_of(w)),
    "learned.nearest_answers_of": lambda w: selectors.nearest_answers_of(w.alice, [row_near_all(w)]),
    "learned.unchanged_counts_of": lambda w: selectors.unchanged_counts_of(w.alice, version_of(w)),
    "learning.suggestions_for": lambda w: selectors.suggestions_for(w.alice, concept_of(w)),
    "learning.question_for": lambda w: selectors.question_for(w.alice, concept_of(w)),
    "learning.worth_of": lambda w: selectors.worth_of(w.alice, concept_of(w)),
    "learning.standing_of": lambda w: selectors.standing_of(w.alice, concept_of(w)),
    "keeping_up.agreement_of": lambda w: agreement_of(w.alice),
    "keeping_up.could_learn_anew": lambda w: could_learn_anew(w.alice),
    "learning_events.learning_events_of": lambda w: [
        (event.name, event.key, event.when, event.data)
        for event in learning_events_of([w.alice.pk], w.alice.date_joined)
    ],
    "learning.sure_margins_of": lambda w: learning.sure_margins_of(w.alice, concept_of(w)),
    "learning.teaching_state_of": lambda w: selectors.teaching_state_of(w.alice, concept_of(w)),
    "facet_counts.facet_counts": lambda w: [
        facet_counts.facet_counts(track_filterset(w.alice, QueryDict(query)))
        for query in ("", "tag=late", "genre=blues", f"artist={w.track.artists.get().pk}")
    ],
    "album_lists.albums_by_id": lambda w: album_lists.albums_by_id(w.alice, [row.pk for row in all_albums()]),
    "album_lists.random_albums_of": lambda w: by_pk(album_lists.random_albums_of(w.alice, 99)),
    "album_lists.albums_by_years": lambda w: album_lists.albums_by_years(w.alice, 1970, 1980),
    "album_lists.albums_with_genre": lambda w: album_lists.albums_with_genre(w.alice, Q(genre="blues")),
    "album_lists.albums_most_played": lambda w: by_pk(album_lists.albums_most_played(w.alice, 0, 99)),
    "album_lists.albums_last_played": lambda w: by_pk(album_lists.albums_last_played(w.alice, 0, 99)),
    "album_lists.albums_highest_rated": lambda w: album_lists.albums_highest_rated(w.alice, 0, 99),
    "album_lists.albums_in_order": lambda w: [
        album_lists.albums_in_order(w.alice, order) for order in ("newest", "alphabeticalByArtist", "starred")
    ],
    "players.songs_of": lambda w: players.songs_of(w.alice),
    "players.songs_by_id": lambda w: players.songs_by_id(w.alice, all_track_ids()),
    "players.songs_page": lambda w: players.songs_page(w.alice, 1, 99),
    "players.random_songs_of": lambda w: by_pk(players.random_songs_of(w.alice, 99)),
    "players.album_song_totals": lambda w: players.album_song_totals(w.alice, all_albums()),
    "players.loose_tracks_of": lambda w: [
        list(players.loose_tracks_of(w.alice, artist)) for artist in (None, *w.alice.artists.all()[:1])
    ],
    "players.loose_song_totals": lambda w: players.loose_song_totals(w.alice),
    "players.album_counts_by_artist": lambda w: players.album_counts_by_artist(w.alice),
    "players.genre_counts_for_players": lambda w: players.genre_counts_for_players(w.alice),
    "play_queues.play_queue_of": lambda w: play_queues.play_queue_of(w.alice),
    "play_queues.now_playing_of": lambda w: play_queues.now_playing_of(w.alice),
    "sonic.sonic_neighbours_of": lambda w: sonic.sonic_neighbours_of(w.alice, w.track, 99),
    "sonic.sonic_path_of": lambda w: sonic.sonic_path_of(
        w.alice, w.track, Track.objects.get(title="Live 4"), 9
    ),
    "covers.cover_of": lambda w: selectors.cover_of(w.alice, w.ids["cover_id"][0]),
    "covers.mosaics_of": lambda w: selectors.mosaics_of(w.alice, selectors.playlists_of(w.alice)),
    "covers.cover_visible_to": lambda w: selectors.cover_visible_to(w.bob, w.ids["cover_id"][0]),
    "genres.genre_names_of": lambda w: list(selectors.genre_names_of(w.alice)),
    "genres.own_genres_of": lambda w: selectors.own_genres_of(w.alice),
    "genres.own_genres_containing": lambda w: selectors.own_genres_containing(w.alice, "a"),
    "genres.own_genres_for_tags": lambda w: selectors.own_genres_for_tags(w.alice).key_for("dub"),
    "genres.finished_genre_recompute_of": lambda w: selectors.finished_genre_recompute_of(w.alice),
    "genres.track_count_by_source": lambda w: [
        selectors.track_count_by_source(w.alice, genre.key) for genre in selectors.genre_names_of(w.alice)
    ],
    "genres.track_count_by_genre": lambda w: selectors.track_count_by_genre(w.alice),
    "base_models.base_model_changes_of": lambda w: base_models.base_model_changes_of(w.alice),
    "base_models.waiting_base_model_of": lambda w: base_models.waiting_base_model_of(w.alice),
    "base_models.base_model_in_use_of": lambda w: base_models.base_model_in_use_of(w.alice),
    "base_models.tracks_lacking_base_model": lambda w: base_models.tracks_lacking_base_model(
        w.alice, change_of(w.alice, "active")
    ).order_by("pk"),
    "base_models.base_model_counts_of": lambda w: base_models.base_model_counts_of(
        w.alice, change_of(w.alice, "active")
    ),
    "base_models.tracks_to_follow": lambda w: base_models.tracks_to_follow(
        w.alice, change_of(w.alice, "active")
    ),
    "base_models.changed_rows_of": lambda w: base_models.changed_rows_of(
        w.alice, change_of(w.alice, "pending")
    ),
    "base_models.genre_changes_of": lambda w: base_models.genre_changes_of(
        w.alice, change_of(w.alice, "pending")
    ),
    "base_models.changed_rows_in_order": lambda w: base_models.changed_rows_in_order(
        w.alice,
        change_of(w.alice, "pending"),
        base_models.genre_changes_of(w.alice, change_of(w.alice, "pending")),
    ),
    "model_comparison.models_compared": lambda w: model_comparison.models_compared(
        w.alice,
        model_comparison.ModelVersion("msd-musicnn-1"),
        model_comparison.ModelVersion("newer-1"),
    ),
    "model_comparison.verdicts_compared_for": lambda w: model_comparison.verdicts_compared_for(
        w.alice, change_of(w.alice, "pending")
    ),
    "bulk_actions.bulk_actions_of": lambda w: selectors.bulk_actions_of(w.alice),
    "bulk_actions.recent_bulk_actions_of": lambda w: selectors.recent_bulk_actions_of(w.alice),
    "bulk_actions.unsure_track_count": lambda w: selectors.unsure_track_count(w.alice, w.action),
    "bulk_actions.nameless_genre_count": lambda w: selectors.nameless_genre_count(w.alice, w.action),
    "health.analysis_backlog": lambda w: health.analysis_backlog(),
    "health.failures_by_code": lambda w: health.failures_by_code(),
    "health.stage_times": lambda w: health.stage_times(),
    "maps.map_of": lambda w: maps.map_of(w.alice),
    "maps.tracks_near_point": lambda w: maps.tracks_near_point(w.alice, maps.MapPoint(0.5, 0.5), 50),
    "moods.station_of": lambda w: moods.station_of(w.alice, "happy"),
    "moods.moods_of": lambda w: moods.moods_of(w.alice),
    "moods.mood_counts": lambda w: moods.mood_counts(selectors.tracks_of(w.alice)),
    "moments.segments_of": lambda w: moments.segments_of(w.alice, Track.all_objects.all()),
    "needs_you.needs_you_of": lambda w: selectors.needs_you_of(w.alice),
    "needs_you.queue_after_cursor": lambda w: selectors.queue_after_cursor(
        selectors.needs_you_of(w.alice), selectors.QueueCursor(0.0, w.track.pk)
    ),
    "needs_you.album_in_queue": lambda w: selectors.album_in_queue(
        selectors.needs_you_of(w.alice), w.track, selectors.genre_names_of(w.alice)
    ),
    "needs_you.file_is_more_often_right_for": lambda w: selectors.file_is_more_often_right_for(w.alice),
    "needs_you.undoable_verdict_of": lambda w: [
        selectors.undoable_verdict_of(w.alice),
        selectors.undoable_verdict_of(w.bob, of_others=True),
    ],
    "overview.seconds_by_genre": lambda w: overview.seconds_by_genre(w.alice),
    "overview.track_counts_by_duration": lambda w: overview.track_counts_by_duration(w.alice),
    "overview.model_accuracy_of": lambda w: overview.model_accuracy_of(w.alice),
    "people.account_contents_of": lambda w: {
        name: count for name, count in selectors.account_contents_of(w.alice).items() if "bin" not in name
    },
    "playlists.playlists_of": lambda w: selectors.playlists_of(w.alice),
    "playlists.newest_playlists_of": lambda w: selectors.newest_playlists_of(w.alice),
    "playlists.saved_searches_of": lambda w: selectors.saved_searches_of(w.alice),
    "playlists.playlists_with_counts": lambda w: selectors.playlists_with_counts(w.alice),
    "playlists.playlist_choices_for": lambda w: selectors.playlist_choices_for(w.alice, w.track),
    "saved.gone_tags_of": lambda w: [
        gone_tags_of(w.alice, playlist) for playlist in selectors.playlists_of(w.alice)
    ],
    "saved.gone_rows_of": lambda w: [
        gone_rows_of(w.alice, playlist) for playlist in selectors.playlists_of(w.alice)
    ],
    "saved.words_of": lambda w: [
        words_of(w.alice, playlist, selectors.genre_names_of(w.alice))
        for playlist in selectors.playlists_of(w.alice)
    ],
    "saved.playlist_tracks_of": lambda w: [
        playlist_tracks_of(w.alice, playlist) for playlist in selectors.playlists_of(w.alice)
    ],
    "playlists.playlist_items_of": lambda w: selectors.playlist_items_of(w.alice, w.playlist),
    "playlists.duration_totals": lambda w: selectors.duration_totals(playlist_tracks_of(w.alice, w.playlist)),
    "questions.heard_example_count": lambda w: questions.heard_example_count(w.alice, concept_of(w)),
    "questions.next_question_of": lambda w: questions.next_question_of(w.alice),
    "reviewing.tracks_visible_to": lambda w: selectors.tracks_visible_to(w.bob),
    "reviewing.reviewer_queue_of": lambda w: selectors.reviewer_queue_of(w.bob),
    "reviewing.failed_tracks_visible_to": lambda w: selectors.failed_tracks_visible_to(w.bob),
    "reviewing.unshared_failure_counts": lambda w: selectors.unshared_failure_counts(w.bob),
    "similar.similar_to": lambda w: similar.similar_to(w.alice, w.track, 50),
    "tags.tags_of": lambda w: selectors.tags_of(w.alice),
    "tags.tags_containing": lambda w: selectors.tags_containing(w.alice, "a"),
    "tags.tag_completions": lambda w: selectors.tag_completions(w.alice, "x, a", 9),
    "tags.tag_index_of": lambda w: selectors.tag_index_of(w.alice, ["late"]).get("late"),
    "tags.refusal_keys_of": lambda w: sorted(
        selectors.refusal_keys_of(selectors.tags_of(w.alice).get(key="late"))
    ),
    "tags.tag_named": lambda w: selectors.tag_named(w.alice, "late"),
    "tags.tags_with_counts": lambda w: selectors.tags_with_counts(w.alice),
    "tags.taggings_on": lambda w: selectors.taggings_on(w.track),
    "tags.tags_on": lambda w: selectors.tags_on(w.alice, w.track),
    "tags.tag_suggestions_for": lambda w: selectors.tag_suggestions_for(w.alice, w.track),
    "tracks.tracks_of": lambda w: selectors.tracks_of(w.alice),
    "tracks.tracks_in_given_order": lambda w: selectors.tracks_in_given_order(w.alice, all_track_ids()),
    "tracks.tracks_by_id": lambda w: track_selectors.tracks_by_id(w.alice, all_track_ids()),
    "tracks.predictions_of": lambda w: selectors.predictions_of(w.alice, w.track),
    "tracks.tracks_by_hash": lambda w: selectors.tracks_by_hash(
        w.alice, list(Track.all_objects.values_list("sha256", flat=True))
    ),
    "tracks.heard_progress_of": lambda w: selectors.heard_progress_of(w.alice),
    "tracks.usage_of": lambda w: selectors.usage_of(w.alice),
    "track_values.common_values": lambda w: selectors.common_values(
        selectors.tracks_of(w.alice).filter(artist=w.track.artist)
    ),
    "track_values.values_among": lambda w: selectors.values_among(selectors.tracks_of(w.alice), "artist", 20),
    "tracks.usage_in": lambda w: selectors.usage_in(selectors.tracks_of(w.alice)),
    "tracks.verdicts_of": lambda w: selectors.verdicts_of(w.alice, w.track),
    "tracks.genre_history_of": lambda w: selectors.genre_history_of(w.alice, w.track),
    "tracks.file_tags_of": lambda w: selectors.file_tags_of(w.alice, w.track),
    "tracks.file_tag_values_of": lambda w: selectors.file_tag_values_of(w.alice, w.track),
    "track_artists.artists_on": lambda w: selectors.artists_on(w.track),
    "track_artists.album_totals": lambda w: selectors.album_totals(w.alice, all_albums()),
    "track_artists.artist_totals": lambda w: {
        pk: totals for pk, totals in selectors.artist_totals(w.alice, all_artists()).items() if totals.tracks
    },
    "people.api_tokens_of": lambda w: selectors.api_tokens_of(w.alice),
    "people.player_passwords_of": lambda w: selectors.player_passwords_of(w.alice),
    "training.tracks_for_training": lambda w: tracks_for_training(),
    "uploads.uploads_of": lambda w: [upload.track for upload in selectors.uploads_of(w.alice)],
    "vectors.vectors_of": lambda w: vectors.vectors_of(w.alice),
    "vectors.learning_vectors_of": lambda w: vectors.learning_vectors_of(w.alice),
}


def by_pk[M: Model](rows: list[M]) -> list[M]:
    return sorted(rows, key=lambda row: str(row.pk))


def all_albums() -> QuerySet[Album]:
    return Album.objects.order_by("pk")


def all_artists() -> QuerySet[Artist]:
    return Artist.objects.order_by("pk")


def all_track_ids() -> list[Any]:
    return list(Track.all_objects.order_by("created_at").values_list("pk", flat=True))


def comparable(value: Any) -> Any:
    """What a selector answers, so that two answers can be compared: rows with their columns and annotations."""
    if isinstance(value, QuerySet | list | tuple):
        return [comparable(each) for each in value]
    if isinstance(value, Model):
        return {name: comparable(part) for name, part in vars(value).items() if not name.startswith("_")}
    if isinstance(value, vectors.Vectors):
        return value.ids
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {part.name: comparable(getattr(value, part.name)) for part in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): comparable(part) for key, part in value.items()}
    return value


def public_selectors() -> Iterator[str]:
    """Of the selectors, and of the parts of the search that read tracks."""
    modules = [
        importlib.import_module(f"library.selectors.{module.name}")
        for module in pkgutil.iter_modules(selectors.__path__)
    ]
    for module in (*modules, facet_counts, saved):
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and not name.startswith("_"):
                yield f"{module.__name__.rpartition('.')[2]}.{name}"


def test_every_selector_is_covered() -> None:
    assert set(public_selectors()) == set(SELECTORS) | NOT_ASKED
    functions = {name for name in selectors.__all__ if inspect.isfunction(getattr(selectors, name))}
    assert functions <= {name.partition(".")[2] for name in public_selectors()}


def test_selectors(world: World) -> None:
    before = {name: comparable(selector(world)) for name, selector in SELECTORS.items()}
    fill_the_bin(world)
    after = {name: comparable(selector(world)) for name, selector in SELECTORS.items()}
    assert after == before


def test_the_same_tracks_outside_the_bin_change_the_results(world: World) -> None:
    """The same tracks out of the bin change almost every answer: else the test above proved nothing."""
    before = {name: comparable(selector(world)) for name, selector in SELECTORS.items()}
    binned = fill_the_bin(world)
    services.tracks_restore(owner=world.alice, track_ids=[track.pk for track in binned])
    after = {name: comparable(selector(world)) for name, selector in SELECTORS.items()}
    assert {name for name in before if before[name] == after[name]} == {
        # Of one track, one tag, or without any.
        "album_lists.albums_highest_rated", "play_queues.play_queue_of", "play_queues.now_playing_of",
        "covers.cover_of", "covers.cover_visible_to", "covers.mosaics_of",
        "base_models.base_model_changes_of", "base_models.waiting_base_model_of", "base_models.base_model_in_use_of",
        "bulk_actions.bulk_actions_of", "bulk_actions.recent_bulk_actions_of", "bulk_actions.unsure_track_count",
        "bulk_actions.nameless_genre_count",
        "genres.genre_names_of", "genres.own_genres_of", "genres.own_genres_for_tags",
        "genres.own_genres_containing", "tags.tags_containing", "tags.tag_completions",
        "genres.finished_genre_recompute_of",
        "health.stage_times",
        "concepts.concepts_of", "concepts.concept_for",
        "concept_switch.concept_setting", "concept_switch.switched_on_concepts_of", "tags.taggings_on",
        "track_artists.artists_on",
        "learned.learned_models_of", "learned.learned_model_is_open", "learned.is_learning",
        # Too few answers.
        "keeping_up.could_learn_anew", "needs_you.file_is_more_often_right_for",
        "learning.worth_of", "learning.sure_margins_of",
        "concept_switch.doubtful_concepts_of", "concept_switch.ids_to_set",
        "playlists.playlists_of", "playlists.playlist_choices_for", "saved.gone_tags_of", "tags.tags_of",
        "playlists.newest_playlists_of", "playlists.saved_searches_of", "saved.gone_rows_of", "saved.words_of",
        "tags.tag_index_of", "tags.refusal_keys_of", "tags.tag_named", "tags.tags_on",
        "tags.tag_suggestions_for", "tracks.predictions_of", "tracks.verdicts_of", "tracks.genre_history_of",
        "people.api_tokens_of", "people.player_passwords_of", "tracks.file_tags_of", "tracks.file_tag_values_of",
        "uploads.uploads_of", "reviewing.unshared_failure_counts",
    }  # fmt: skip


#: What speaks of the bin: how much is in it, or what.
OF_THE_BIN = ("/bin/", "/account/", "/account/delete/", "/api/v1/bin/", "/api/v1/account/")
#: What has a new token in each answer.
OF_THE_SESSION = ("/account/session/",)
#: What differs each time.
CHANGING = re.compile(
    r'name="(csrfmiddlewaretoken|idempotency_key)" value="[^"]*"|data-csrf="[^"]*"|nonce="[^"]*"|csrfToken[^,]*'
    r'|"exported_at": "[^"]*"|<td class="field-last_used_at[^<]*<|^[A-Z][\w-]+: .*$|just now|\d+\xa0minutes? ago'
    r'|<span class="disk-free">[^<]*<',
    re.MULTILINE,
)


OF_A_TRACK = re.compile(r"/(api/v1/|admin/library/)?(tracks?|playlists)/")


def responses(world: World, client: Client, where: str) -> Iterator[tuple[str, str]]:
    """Each address below `where`, with what it says, but for what differs each time."""
    for address in addresses(world.ids):
        if "logout" in address.url or address.url in OF_THE_BIN + OF_THE_SESSION:
            continue
        if address.url.startswith(where) and (where != "/" or not address.url.startswith("/admin/")):
            text = response_bytes(send_request(client, "get", address, {})).decode(errors="replace")
            yield address.url, CHANGING.sub("", text)


@pytest.mark.parametrize(("who", "where"), [("alice", "/"), ("bob", "/admin/"), ("alice", "/api/")])
def test_pages(world: World, who: str, where: str) -> None:
    person = getattr(world, who)
    client = with_token(person) if where == "/api/" else signed_in(person)
    before = dict(responses(world, client, where))
    assert sum("Live 0" in text for text in before.values()) > 5
    fill_the_bin(world)
    after = dict(responses(world, client, where))
    assert {url for url in before if before[url] != after[url]} == set()
    assert SECRET not in "".join(after.values())


def test_no_address_of_a_track_in_the_bin(world: World) -> None:
    """Nothing to each method, but for what brings it back or deletes it for good; and it stays as it is."""
    (binned, *_) = fill_the_bin(world)
    before = rows_of([binned])
    alice, api, bob = signed_in(world.alice), with_token(world.alice), signed_in(world.bob)
    ids = world.ids | {name: [binned.pk] for name in ("id", "pk", "track_id", "object_id")}
    ids |= {"item_id": [item.pk for item in binned.playlist_items.all()], "tag_id": [world.tag.pk]}
    fields = {"track": [str(binned.pk)], "genre": "rock", "name": "x", "title": "x", "post": "yes", "to": "0"}
    found = []
    for address in addresses(ids):
        is_about_it = str(binned.pk) in address.url or "<int:item_id>" in address.route
        if not OF_A_TRACK.match(address.url) or not is_about_it or address.url.endswith("/restore/"):
            continue
        client = bob if address.url.startswith("/admin/") else api if address.is_api else alice
        for method in ("get", "post", "put", "patch", "delete"):
            response = send_request(client, method, address, fields)
            status = response.status_code
            # A form about what is gone leads back, as it does with an id that never was.
            if status == 302 and method == "post" and not address.url.startswith("/admin/"):
                nobodys = address.url.replace(str(binned.pk), str(uuid.uuid4()))
                nobodys = re.sub(r"/items/\d+/", "/items/987654321/", nobodys)
                assert client.post(nobodys, fields)["Location"] == response["Location"]
                continue
            # The admin leads from an id alone to its page, whatever the id.
            is_detour = address.route.endswith("/track/<path:object_id>/")
            if status not in (404, 405) and not (is_detour and status == 302):
                found.append((method, address.url, status))
    assert found == []
    assert rows_of([binned]) == before


def rows_of(tracks: list[Track]) -> list[Any]:
    """All rows of these tracks."""
    ids = [track.pk for track in tracks]
    rows = [Track.all_objects.filter(pk__in=ids).order_by("pk")]
    for model in (Verdict, Tagging, TagRejection, Mood, Prediction, PlaylistItem, Answer, Play):
        rows.append(model.objects.filter(track__in=ids).order_by("pk"))  # type: ignore[attr-defined]
    return [list(some.values()) for some in rows]


@pytest.mark.parametrize("action", list(BulkActionCreateSerializer().fields["act"].choices))
def test_bulk_actions(world: World, action: str) -> None:
    binned = fill_the_bin(world)
    before = rows_of(binned)
    values = {"genre": "rock", "tag": "new", "untag": "late", "playlist": str(world.playlist.pk), "rate": "3"}
    values["from_filename"] = "title"
    value = values.get(action)
    more: dict[str, Any] = {
        "edit": {"changes": {"artist": "New"}},
        "reset": {"fields": ["title"]},
    }.get(action, {})
    asked_for: dict[str, Any] = {"act": action} | ({"value": value} if value else {}) | more
    for which in ({"ids": [str(track.pk) for track in binned]}, {"query": ""}):
        with_token(world.alice).post("/api/v1/acts/", asked_for | which, content_type="application/json")
    assert rows_of(binned) == before


def test_an_import_takes_it_for_missing(world: World) -> None:
    binned = fill_the_bin(world)
    ids = [track.pk for track in binned]
    services.tracks_restore(owner=world.alice, track_ids=ids)
    document = "".join(export_as_json(world.alice))
    services.tracks_move_to_bin(owner=world.alice, track_ids=ids)
    before = rows_of(binned)
    known = json.loads(document)
    for row in known["tracks"]:
        row["tags"] = ["late"]
        row["verdicts"] = [
            {"at": timezone.now().isoformat(), "by": "owner", "before": "", "genre": "rock", "heard": "", "sure": False,
             "undone_at": None}
        ]  # fmt: skip
    content = json.dumps(known).encode()
    report = services.library_import(owner=world.alice, file=io.BytesIO(content), size=len(content))
    assert (report.matched, report.unmatched) == (len(known["tracks"]) - len(binned), len(binned))
    assert rows_of(binned) == before


def test_the_workers_sweep_and_the_metrics(world: World) -> None:
    def numbers() -> bytes:
        changing = (
            rb'(earmark_queue_age_seconds|earmark_disk_free_bytes|earmark_rows\{table="tombstones"\}) .*'
        )
        return re.sub(changing, b"", exposition())

    before = numbers()
    binned = fill_the_bin(world)
    Track.all_objects.filter(pk__in=[track.pk for track in binned]).update(updated_at=world.alice.date_joined)
    rows = rows_of(binned)
    assert numbers() == before
    services.tracks_sweep()
    assert rows_of(binned) == rows
