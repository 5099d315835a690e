"""Which bulk actions people and programs can ask for. `services.bulk_actions` carries them out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from library import selectors
from library.errors import DomainError
from library.models import BulkAction, Genre, Playlist, Track, User
from library.models.tracks import NAME_ROOM
from library.services import genres, playlists, stars
from library.services.bulk_actions import DEFAULT_OPTIONS, BulkActionOptions, bulk_action_start
from library.services.tagging_requests import tracks_tag, tracks_untag
from library.services.track_edit_requests import tracks_edit, tracks_name_by_files, tracks_reset
from library.text import uuid_or_nil

#: How many tracks a request of a program may name one by one. A search may find any number.
MAX_NAMED_TRACKS = 1000
#: Pages have actions on more tracks than this done by a worker, and show the progress.
MAX_SYNCHRONOUS_TRACKS = 1000
#: The longest value of an action, in characters.
MAX_VALUE_LENGTH = NAME_ROOM


@dataclass(frozen=True, slots=True)
class RequestableAction:
    """A bulk action that a page or a program can ask for by its name."""

    start: Callable[[User, Any, QuerySet[Track], BulkActionOptions], BulkAction]
    """Does it for a person, with its value, to tracks, with these options."""
    skipped: str
    """Why it skips tracks: the end of "3 tracks skipped: …"."""
    missing_value: tuple[str, str] | None = None
    """Code and message of the error when its value is missing; None when it takes none."""
    field: str = "value"
    """What programs call its value."""
    several: str = ""
    """What programs call several values at once, if it takes them."""


def bulk_action_request(
    *,
    person: User,
    name: str,
    value: str | Sequence[str] | Mapping[str, Any] = "",
    tracks: QuerySet[Track],
    options: BulkActionOptions = DEFAULT_OPTIONS,
    permanently: bool = False,
) -> BulkAction:
    """Do what a person asks for, on a page or by a program, to tracks that are theirs.

    `name` is a key of `REQUESTABLE_ACTIONS`. `value` is the genre's key for `genre`, a tag's name or several for `tag`
    and `untag`, the playlist's id for `playlist`, 1 to 5, or 0 for none, for `rate`, values by field for `edit`, fields
    for `reset`, and a pattern's key for `from_filename`. `permanently` makes `delete` bypass the bin.

    Raises DomainError: `unknown_act`, `unknown_genre`, `unknown_tag`, `unknown_playlist`, `bad_name`, `bad_value`,
    `saved_search`, `selection_changed`.
    """
    action = requestable_action(name)
    if action.missing_value and not value:
        raise DomainError(*action.missing_value, 422)
    if permanently and name == "delete":
        return tracks_delete_permanently(tracks=tracks, person=person, options=options)
    return action.start(person, value, tracks, options)


def requestable_action(name: str) -> RequestableAction:
    """Raises DomainError: `unknown_act`."""
    try:
        return REQUESTABLE_ACTIONS[name]
    except KeyError:
        raise DomainError("unknown_act", "Choose what to do with the tracks.", 422) from None


def _confirm(person: User, value: str, tracks: QuerySet[Track], options: BulkActionOptions) -> BulkAction:
    return genres_set(tracks=tracks, person=person, genre=None, options=options)


def _set_genre(person: User, value: str, tracks: QuerySet[Track], options: BulkActionOptions) -> BulkAction:
    summary = f"Set the genre to {selectors.genre_names_of(person).by_key(value).name}"
    return genres_set(tracks=tracks, person=person, genre=value, summary=summary, options=options)


def _tag(
    person: User, value: str | Sequence[str], tracks: QuerySet[Track], options: BulkActionOptions
) -> BulkAction:
    return tracks_tag(tracks=tracks, person=person, names=_names(value), options=options)


def _untag(
    person: User, value: str | Sequence[str], tracks: QuerySet[Track], options: BulkActionOptions
) -> BulkAction:
    return tracks_untag(tracks=tracks, person=person, names=_names(value), options=options)


def _names(value: str | Sequence[str]) -> Sequence[str]:
    return [value] if isinstance(value, str) else value


def _append(person: User, value: str, tracks: QuerySet[Track], options: BulkActionOptions) -> BulkAction:
    playlist = selectors.playlists_of(person).filter(pk=uuid_or_nil(value)).first()
    if playlist is None:
        raise DomainError("unknown_playlist", "You have no such playlist.", 422)
    return playlist_append(playlist=playlist, tracks=tracks, options=options)


def _analyse(person: User, value: str, tracks: QuerySet[Track], options: BulkActionOptions) -> BulkAction:
    return tracks_analyse_again(tracks=tracks, person=person, options=options)


def _star(person: User, value: str, tracks: QuerySet[Track], options: BulkActionOptions) -> BulkAction:
    return tracks_star(tracks=tracks, person=person, starred=True, options=options)


def _unstar(person: User, value: str, tracks: QuerySet[Track], options: BulkActionOptions) -> BulkAction:
    return tracks_star(tracks=tracks, person=person, starred=False, options=options)


def _rate(person: User, value: str, tracks: QuerySet[Track], options: BulkActionOptions) -> BulkAction:
    rating = stars.rating_from_text(value)
    return tracks_rate(tracks=tracks, person=person, rating=rating, options=options)


def _take_file_genre(
    person: User, value: str, tracks: QuerySet[Track], options: BulkActionOptions
) -> BulkAction:
    return genres_take_from_files(tracks=tracks, person=person, options=options)


def _edit(
    person: User, value: Mapping[str, Any], tracks: QuerySet[Track], options: BulkActionOptions
) -> BulkAction:
    return tracks_edit(tracks=tracks, person=person, changes=value, options=options)


def _reset(
    person: User, value: Sequence[str], tracks: QuerySet[Track], options: BulkActionOptions
) -> BulkAction:
    return tracks_reset(tracks=tracks, person=person, fields=value, options=options)


def _name_by_files(
    person: User, value: str, tracks: QuerySet[Track], options: BulkActionOptions
) -> BulkAction:
    return tracks_name_by_files(tracks=tracks, person=person, pattern=value, options=options)


def _delete(person: User, value: str, tracks: QuerySet[Track], options: BulkActionOptions) -> BulkAction:
    return tracks_delete(tracks=tracks, person=person, options=options)


#: Everything that can be asked for, by the name that pages and programs use.
REQUESTABLE_ACTIONS = {
    "confirm": RequestableAction(_confirm, "already set by somebody, or not analysed yet"),
    "genre": RequestableAction(
        _set_genre, "already set to that genre", ("unknown_genre", "Choose a genre first.")
    ),
    "file_genre": RequestableAction(_take_file_genre, "already set to that genre"),
    "tag": RequestableAction(_tag, "already tagged", ("bad_name", "Name a tag first."), several="names"),
    "untag": RequestableAction(
        _untag, "not tagged with it", ("unknown_tag", "Name a tag first."), several="names"
    ),
    "playlist": RequestableAction(
        _append,
        "already in that playlist",
        ("unknown_playlist", "Choose a playlist first, or name a new one."),
    ),
    "analyse": RequestableAction(_analyse, "already waiting for analysis"),
    "star": RequestableAction(_star, "already starred"),
    "unstar": RequestableAction(_unstar, "not starred"),
    "rate": RequestableAction(_rate, "already rated so", ("bad_value", "Choose a rating first.")),
    "edit": RequestableAction(
        _edit, "nothing to change", ("bad_value", "Choose what to change first."), field="changes"
    ),
    "reset": RequestableAction(
        _reset,
        "already as the file says, or its tags have not been read yet",
        ("bad_value", "Choose some fields first."),
        field="fields",
    ),
    "from_filename": RequestableAction(
        _name_by_files,
        "named so already, or the file’s name does not fit",
        ("bad_value", "Choose a pattern first."),
    ),
    "delete": RequestableAction(_delete, "already deleted"),
}


def genres_set(
    *,
    tracks: QuerySet[Track],
    person: User,
    genre: str | None,
    summary: str = "",
    options: BulkActionOptions = DEFAULT_OPTIONS,
) -> BulkAction:
    """Set the genre of many tracks; None confirms for each what `genre_confirm` confirms.

    Skips tracks that have that verdict already, and, when confirming, those with a verdict or without a genre.
    Raises DomainError: `unknown_genre`, `selection_changed`.
    """
    summary = summary or ("Confirmed the genre" if genre is None else "Set the genre")
    if genre is not None:
        genres.genre_check(person, genre)
    return bulk_action_start(BulkAction.Kind.GENRE, tracks, person, summary, {"genre": genre}, options)


def genres_take_from_files(
    *, tracks: QuerySet[Track], person: User, options: BulkActionOptions = DEFAULT_OPTIONS
) -> BulkAction:
    """Give each of many tracks the genre that its file names, if that is a known one, as its owner's verdict.

    Skips tracks that have that verdict already, and those whose files name no known genre.
    Raises DomainError: `selection_changed`.
    """
    data = {"genre": None, "from_file": True}
    return bulk_action_start(BulkAction.Kind.GENRE, tracks, person, "Took the file’s genre", data, options)


def own_genre_delete(
    *, genre: Genre, into: str = "", options: BulkActionOptions = DEFAULT_OPTIONS
) -> BulkAction:
    """Retire an own genre. Its tracks get the genre `into`, or, with "", lose their owner's verdict.

    With `options.in_background`, a worker does that, and the genre stays until its tracks have another.
    A track that is given the genre at the same moment keeps it, and the genre is not retired then.
    Raises DomainError: `unknown_genre`.
    """
    if into == genre.key:
        raise DomainError("unknown_genre", "A genre cannot be merged into itself.")
    tracks = Track.objects.filter(owner=genre.owner, owner_genre=genre.key)
    done = f"Merged {genre.name}" if into else f"Deleted the genre {genre.name}"
    genres.genre_check(genre.owner, into)
    data = {"genre": into, "retires": genre.pk}
    action = bulk_action_start(BulkAction.Kind.GENRE, tracks, genre.owner, done, data, options)
    genre.refresh_from_db()
    return action


def playlist_append(
    *, playlist: Playlist, tracks: QuerySet[Track], options: BulkActionOptions = DEFAULT_OPTIONS
) -> BulkAction:
    """Put tracks at the end of a playlist, in their order; skips those that are in it already.

    Raises DomainError: `saved_search`, `selection_changed`.
    """
    playlists.playlist_check_not_smart(playlist)
    data = {"playlist": str(playlist.pk)}
    return bulk_action_start(
        BulkAction.Kind.PLAYLIST_ADD, tracks, playlist.owner, f"Added to “{playlist}”", data, options
    )


def tracks_analyse_again(
    *, tracks: QuerySet[Track], person: User, options: BulkActionOptions = DEFAULT_OPTIONS
) -> BulkAction:
    """Queue finished tracks for analysis; skips the others. Raises DomainError: `selection_changed`."""
    return bulk_action_start(BulkAction.Kind.ANALYSE, tracks, person, "Analysed again", {}, options)


def tracks_star(
    *, tracks: QuerySet[Track], person: User, starred: bool, options: BulkActionOptions = DEFAULT_OPTIONS
) -> BulkAction:
    """Star many tracks, or take their stars away; skips those for which nothing changes.

    Raises DomainError: `selection_changed`.
    """
    kind = BulkAction.Kind.STAR if starred else BulkAction.Kind.UNSTAR
    return bulk_action_start(kind, tracks, person, "Starred" if starred else "Removed stars", {}, options)


def tracks_rate(
    *,
    tracks: QuerySet[Track],
    person: User,
    rating: int | None,
    options: BulkActionOptions = DEFAULT_OPTIONS,
) -> BulkAction:
    """Rate many tracks; None removes their ratings. Raises DomainError: `bad_value`, `selection_changed`."""
    stars.rating_check(rating)
    summary = f"Rated {stars.rating_text(rating)}" if rating else "Removed ratings"
    return bulk_action_start(BulkAction.Kind.RATE, tracks, person, summary, {"rating": rating}, options)


def tracks_delete(
    *, tracks: QuerySet[Track], person: User, options: BulkActionOptions = DEFAULT_OPTIONS
) -> BulkAction:
    """Put tracks in the bin. Raises DomainError: `selection_changed`."""
    return bulk_action_start(BulkAction.Kind.DELETE, tracks, person, "Deleted", {}, options)


def tracks_delete_permanently(
    *, tracks: QuerySet[Track], person: User, options: BulkActionOptions = DEFAULT_OPTIONS
) -> BulkAction:
    """Delete tracks for good, with everything known about them. Raises DomainError: `selection_changed`."""
    return bulk_action_start(BulkAction.Kind.PURGE, tracks, person, "Deleted for good", {}, options)
