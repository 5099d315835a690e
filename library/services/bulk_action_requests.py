"""The bulk actions that pages and programs can request; `services.bulk_actions` carries them out."""

from __future__ import annotations

from django.db.models import QuerySet

from library import selectors
from library.errors import DomainError
from library.models import BulkAction, Genre, Playlist, Tag, Track, User
from library.services import genres, playlists, tags
from library.services.bulk_actions import DEFAULT_OPTIONS, BulkActionOptions, bulk_action_start
from library.text import parsed_uuid


def bulk_action_request(
    *,
    person: User,
    name: str,
    value: str,
    tracks: QuerySet[Track],
    options: BulkActionOptions = DEFAULT_OPTIONS,
) -> BulkAction:
    """Start a bulk action on tracks that the caller has made sure are the person's.

    `name` and `value`: `confirm`; `genre` and its key; `tag` or `untag` and its name; `playlist` and its id;
    `analyse`; `delete`; `delete_permanently`. Raises DomainError: `unknown_act`, `unknown_genre`, `unknown_tag`,
    `unknown_playlist`, `bad_name`, `saved_search`, `selection_changed`.
    """
    match name:
        case "confirm":
            done = "Confirmed genres"
            return genres_set(tracks=tracks, person=person, genre=None, summary=done, options=options)
        case "genre":
            done = f"Set the genre to {selectors.genre_names_of(person).named(value).name}"
            return genres_set(tracks=tracks, person=person, genre=value, summary=done, options=options)
        case "tag":
            return tracks_tag(tracks=tracks, person=person, name=value, options=options)
        case "untag":
            tag = selectors.tag_named(person, value)
            if tag is None:
                raise DomainError("unknown_tag", "You have no such tag.", 422)
            return tracks_untag(tracks=tracks, person=person, tag=tag, options=options)
        case "playlist":
            playlist = selectors.playlists_of(person).filter(pk=parsed_uuid(value)).first()
            if playlist is None:
                raise DomainError("unknown_playlist", "You have no such playlist.", 422)
            return playlist_append(playlist=playlist, tracks=tracks, options=options)
        case "analyse":
            return tracks_analyse_again(tracks=tracks, person=person, options=options)
        case "delete":
            return tracks_delete(tracks=tracks, person=person, options=options)
        case "delete_permanently":
            return tracks_delete_permanently(tracks=tracks, person=person, options=options)
    raise DomainError("unknown_act", "Choose what to do with the tracks.", 422)


def genres_set(
    *,
    tracks: QuerySet[Track],
    person: User,
    genre: str | None,
    summary: str = "",
    options: BulkActionOptions = DEFAULT_OPTIONS,
) -> BulkAction:
    """Give many tracks a verdict: the key of a genre, "" for none, or None for each track's most probable genre.

    Skips tracks that have that verdict already and, when confirming, tracks that were not analysed yet.
    Raises DomainError: `unknown_genre`, `selection_changed`.
    """
    if genre is not None:
        genres.genre_check(person, genre)
    return bulk_action_start(BulkAction.Kind.GENRE, tracks, person, summary, {"genre": genre}, options)


def own_genre_delete(*, genre: Genre, into: str = "") -> BulkAction:
    """Retire an own genre. Its tracks get `into` as their verdict; "" takes their verdict back.

    A track that is given the genre at the same moment keeps it, and the genre is not retired then.
    Raises DomainError: `unknown_genre`.
    """
    if into == genre.key:
        raise DomainError("unknown_genre", "A genre cannot be merged into itself.")
    tracks = Track.objects.filter(owner=genre.owner, owner_genre=genre.key)
    done = f"Merged {genre.name}" if into else f"Deleted the genre {genre.name}"
    action = genres_set(tracks=tracks, person=genre.owner, genre=into, summary=done)
    genres.own_genre_retire(genre)
    return action


def tracks_tag(
    *, tracks: QuerySet[Track], person: User, name: str, options: BulkActionOptions = DEFAULT_OPTIONS
) -> BulkAction:
    """Add a tag to many tracks of one person. Raises DomainError: `bad_name`, `selection_changed`."""
    tag = tags.tag_add(owner=person, name=name)
    return bulk_action_start(
        BulkAction.Kind.TAG, tracks, person, f"Tagged “{tag.name}”", tags.tag_data(tag), options
    )


def tracks_untag(
    *, tracks: QuerySet[Track], person: User, tag: Tag, options: BulkActionOptions = DEFAULT_OPTIONS
) -> BulkAction:
    """Remove a tag from many tracks. Raises DomainError: `selection_changed`."""
    return bulk_action_start(
        BulkAction.Kind.UNTAG, tracks, person, f"Removed the tag “{tag.name}”", tags.tag_data(tag), options
    )


def playlist_append(
    *, playlist: Playlist, tracks: QuerySet[Track], options: BulkActionOptions = DEFAULT_OPTIONS
) -> BulkAction:
    """Add tracks to the end of a playlist, in their order, except for those that are in it already.

    Raises DomainError: `saved_search`, `selection_changed`.
    """
    playlists.playlist_check_not_smart(playlist)
    data = {"playlist": str(playlist.pk)}
    return bulk_action_start(
        BulkAction.Kind.PLAYLIST, tracks, playlist.owner, f"Added to “{playlist}”", data, options
    )


def tracks_analyse_again(
    *, tracks: QuerySet[Track], person: User, options: BulkActionOptions = DEFAULT_OPTIONS
) -> BulkAction:
    """Analyse finished tracks again; others are left alone. Raises DomainError: `selection_changed`."""
    return bulk_action_start(BulkAction.Kind.ANALYSE, tracks, person, "Analysed again", {}, options)


def tracks_delete(
    *, tracks: QuerySet[Track], person: User, options: BulkActionOptions = DEFAULT_OPTIONS
) -> BulkAction:
    """Put tracks in the bin. Raises DomainError: `selection_changed`."""
    return bulk_action_start(BulkAction.Kind.DELETE, tracks, person, "Deleted", {}, options)


def tracks_delete_permanently(
    *, tracks: QuerySet[Track], person: User, options: BulkActionOptions = DEFAULT_OPTIONS
) -> BulkAction:
    """Delete tracks for good, with everything known about them. Raises DomainError: `selection_changed`."""
    return bulk_action_start(BulkAction.Kind.PURGE, tracks, person, "Deleted permanently", {}, options)
