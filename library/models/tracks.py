"""Tracks, predictions about them, and embeddings."""

from __future__ import annotations

import functools
import secrets
import uuid
from typing import Any, ClassVar

from django.db import models

from classifier.errors import MESSAGES
from classifier.formats import AUDIO_FORMATS
from classifier.tagged_copies import TAGGABLE_FORMATS
from library.addresses import reverse_track
from library.models.albums import SORT_LENGTH
from library.models.people import User

#: The longest key of a genre, built-in or own.
GENRE_LENGTH = 40
#: The longest name of an own genre or a tag: in characters as people count them, and in those of Unicode, of which
#: such a character may have several.
NAME_LENGTH, NAME_ROOM = 40, 200
#: The best rating of a track; the worst is 1.
MAX_RATING = 5
#: What an owner may change about a track.
EDITABLE_FIELDS = (
    *("title", "artist", "album", "album_artist", "disc_number", "disc_total", "track_number", "track_total"),
    *("year", "original_year", "compilation"),
)
#: Discs and tracks are numbered from 1 to this.
MAX_NUMBER = 999
#: How many characters of all names are searched by an index: a limit of PostgreSQL.
SEARCH_LENGTH = 600
MOODS_LENGTH = 120


def storage_key(track: Track, suffix: str) -> str:
    """A storage key in the track's own folder. It cannot be guessed, and has nothing of the uploaded name."""
    return f"tracks/{track.folder[:2]}/{track.folder}/{suffix}"


def original_name(track: Track, filename: str) -> str:
    return storage_key(track, f"original{AUDIO_FORMATS[track.kind].extension}")


def unique_storage_key(track: Track, name: str, suffix: str) -> str:
    """A storage key for a file made by an analysis. Each call returns a new one: what a key refers to never changes."""
    return storage_key(track, f"{name}-{secrets.token_hex(6)}{suffix}")


def peaks_name(track: Track, filename: str) -> str:
    return unique_storage_key(track, "peaks", ".json")


def spectrogram_name(track: Track, filename: str) -> str:
    return unique_storage_key(track, "spectrogram", filename[filename.rfind(".") :])


def playable_name(track: Track, filename: str) -> str:
    return unique_storage_key(track, "playable", ".mp3")


def new_folder() -> str:
    return uuid.uuid4().hex


class TrackManager(models.Manager["Track"]):
    """Tracks in the library, without those in the bin."""

    def get_queryset(self) -> models.QuerySet[Track]:
        return super().get_queryset().filter(deleted_at=None)


class Track(models.Model):
    """One uploaded file and what is known about it.

    `Track.objects` leaves out tracks in the bin, so that nothing finds them by mistake. `Track.all_objects` has
    them too: for the bin itself, the quota, and the care of stored files.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", "Waiting"
        ANALYSING = "analysing", "Listening"
        READY = "ready", "Ready"
        FAILED = "failed", "Failed"

    class Stage(models.TextChoices):
        DECODING = "decoding", "Decoding"
        LISTENING = "listening", "Listening"
        DRAWING = "drawing", "Drawing"
        COPYING = "copying", "Making a playable copy"

    class Source(models.TextChoices):
        """Where the effective genre comes from. OWNER stands for any verdict, also a reviewer's."""

        NONE = "", "No genre yet"
        FILE = "file", "From the file"
        MODEL = "model", "Heard by Earmark"
        LEARNED = "learned", "Learned from you"
        OWNER = "owner", "Set by hand"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Several of the indexes below begin with the owner.
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tracks", db_index=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    # The file, as it was uploaded.
    folder = models.CharField(max_length=32, default=new_folder, editable=False)
    original = models.FileField(upload_to=original_name, max_length=200)
    original_name = models.CharField("file name", max_length=255)
    kind = models.CharField(max_length=10)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)

    # From the file's tags, or from its owner: `edited` names the fields that the owner has set.
    title = models.CharField(max_length=255)
    artist = models.CharField(max_length=255, blank=True)
    album = models.CharField(max_length=255, blank=True)
    year = models.PositiveSmallIntegerField(null=True, blank=True)
    album_artist = models.CharField(max_length=255, blank=True)
    disc_number = models.PositiveSmallIntegerField(null=True, blank=True)
    disc_total = models.PositiveSmallIntegerField("number of discs", null=True, blank=True)
    track_number = models.PositiveSmallIntegerField(null=True, blank=True)
    track_total = models.PositiveSmallIntegerField("number of tracks on the disc", null=True, blank=True)
    original_year = models.PositiveSmallIntegerField("year of the first release", null=True, blank=True)
    compilation = models.BooleanField("on an album of various artists", default=False)
    #: Every artist that the file names one by one, as given; empty if it names one, or `artist` was edited.
    artist_names = models.JSONField(default=list, blank=True)
    #: MusicBrainz ids in the file, by the names `recording`, `release`, `artists` and `album_artists`: {name: [id, …]}.
    musicbrainz = models.JSONField("MusicBrainz ids", default=dict, blank=True)
    file_genre = models.CharField("genre in the file", max_length=100, blank=True)
    file_label = models.CharField(
        "genre in the file, as a built-in or own genre", max_length=GENRE_LENGTH, blank=True
    )
    edited = models.JSONField("edited fields", default=list, blank=True)
    #: The words of title, artist, album and file name, for searching.
    search_text = models.TextField(blank=True, editable=False)
    #: All of them, if they are too long for the index that has `search_text`; else "".
    long_search_text = models.TextField(blank=True, editable=False)
    #: The start of each, likewise, for sorting: "Édith" comes before "Frank" on every database.
    sort_title = models.CharField(max_length=SORT_LENGTH, blank=True, editable=False)
    sort_artist = models.CharField(max_length=SORT_LENGTH, blank=True, editable=False)
    sort_album = models.CharField(max_length=SORT_LENGTH, blank=True, editable=False)

    #: The moods it has by name, one per line: "\nhappy\nparty\n".
    mood_lines = models.CharField(max_length=MOODS_LENGTH, blank=True, editable=False)

    # Results of the analysis.
    duration = models.FloatField("duration in seconds", null=True, blank=True)
    audio = models.JSONField("audio format", default=dict, blank=True)
    notices = models.JSONField(default=list, blank=True)
    peaks = models.FileField(upload_to=peaks_name, max_length=200, blank=True)
    spectrogram = models.FileField(upload_to=spectrogram_name, max_length=200, blank=True)
    playable = models.FileField(upload_to=playable_name, max_length=200, blank=True)
    prediction = models.ForeignKey(
        "Prediction", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    # The effective genre, derived from verdicts, the prediction and the file's tag by
    # `services.effective_genres`, and stored so that lists can filter, sort and count.
    owner_genre = models.CharField("genre by verdict", max_length=GENRE_LENGTH, blank=True)
    genre = models.CharField("effective genre", max_length=GENRE_LENGTH, blank=True)
    genre_source = models.CharField(max_length=7, choices=Source, default=Source.NONE, blank=True)
    confidence = models.FloatField("the model's confidence", null=True, blank=True)
    needs_you = models.BooleanField("needs a verdict", default=False)
    #: Order of the reviewers' queue, lowest first; None for tracks that are not in it.
    review_rank = models.FloatField(null=True, blank=True, editable=False)

    # Kept by `services.albums` from the names above.
    album_entry = models.ForeignKey(
        "Album", on_delete=models.SET_NULL, null=True, blank=True, related_name="tracks", db_index=False
    )
    artists: models.ManyToManyField[Any, Any] = models.ManyToManyField(
        "Artist", through="TrackArtist", related_name="tracks"
    )
    #: The same for tracks that name the same album title and album artist; "" until `services.albums` has been here.
    album_key = models.CharField(max_length=24, blank=True, editable=False)
    #: The picture in the file, or beside it.
    cover = models.ForeignKey(
        "Cover", on_delete=models.SET_NULL, null=True, blank=True, related_name="tracks", db_index=False
    )

    # What its owner thinks of it.
    starred_at = models.DateTimeField(null=True, blank=True)
    rating = models.PositiveSmallIntegerField("rating, 1 to 5", null=True, blank=True)

    #: Kept by `services.plays` from the rows of `Play`, without changing `updated_at`.
    play_count = models.PositiveIntegerField("number of plays", default=0, editable=False)
    last_played_at = models.DateTimeField("last played", null=True, blank=True, editable=False)

    # Progress of the analysis.
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    stage = models.CharField(max_length=10, choices=Stage, blank=True)
    error_code = models.CharField(max_length=30, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease = models.UUIDField(null=True, blank=True, editable=False)
    leased_until = models.DateTimeField(null=True, blank=True, editable=False)

    #: When it was moved to the bin. Its files and rows stay until it is deleted permanently.
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    #: Not a column: whether the upload that found this track has just restored it from the bin.
    was_in_bin = False
    #: Not a column: whether the upload that found this track has just mended its damaged file.
    was_damaged = False

    objects: ClassVar[TrackManager] = TrackManager()
    all_objects: ClassVar[models.Manager[Track]] = models.Manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "sha256"], name="one_copy_per_owner"),
        ]
        indexes = [
            models.Index(fields=["owner", "deleted_at", "-created_at", "-id"], name="newest_first"),
            # The reviewers' list, of all owners.
            models.Index(fields=["deleted_at", "-created_at", "-id"], name="newest_of_all"),
            # Every column of filters and facets: a search reads this instead of the much wider rows.
            models.Index(
                fields=[
                    *("owner", "deleted_at", "status", "genre", "genre_source", "kind", "needs_you", "year"),
                    *("duration", "confidence", "mood_lines", "search_text", "id"),
                ],
                name="search",
            ),
            # Very few. Also those in the bin.
            models.Index(
                fields=["owner", "id"], condition=models.Q(long_search_text__gt=""), name="with_long_names"
            ),
            models.Index(fields=["owner", "deleted_at", "sort_title", "id"], name="by_title"),
            models.Index(fields=["owner", "deleted_at", "sort_artist", "id"], name="by_artist"),
            models.Index(fields=["owner", "deleted_at", "sort_album", "id"], name="by_album"),
            # An album in its order; also of tracks in the bin.
            models.Index(
                fields=["album_entry", "deleted_at", "disc_number", "track_number", "id"],
                condition=models.Q(album_entry__isnull=False),
                name="in_album_order",
            ),
            # Of all owners, also in the bin.
            models.Index(fields=["album_key", "owner"], name="same_album_title"),
            models.Index(fields=["cover"], condition=models.Q(cover__isnull=False), name="tracks_of_a_cover"),
            models.Index(
                fields=["owner", "deleted_at", "-starred_at", "-id"],
                condition=models.Q(starred_at__isnull=False),
                name="starred_tracks",
            ),
            models.Index(
                fields=["owner", "deleted_at", "rating", "id"],
                condition=models.Q(rating__isnull=False),
                name="rated_tracks",
            ),
            models.Index(fields=["owner", "deleted_at", "-play_count", "-id"], name="most_played"),
            models.Index(
                fields=["owner", "deleted_at", "-last_played_at", "-id"],
                condition=models.Q(last_played_at__isnull=False),
                name="played_last",
            ),
            # Waiting, running and failed analyses, of all owners.
            models.Index(fields=["status", "deleted_at", "updated_at"], name="by_status"),
            models.Index(
                fields=["owner", "deleted_at", "confidence", "id"],
                condition=models.Q(needs_you=True),
                name="asks_for_a_word",
            ),
            # The reviewers' queue, of all owners.
            models.Index(
                fields=["deleted_at", "review_rank", "id", "owner", "status"],
                condition=models.Q(review_rank__isnull=False),
                name="waits_for_review",
            ),
            # The bin: a small part of the table.
            models.Index(
                fields=["owner", "-deleted_at", "-id"],
                condition=models.Q(deleted_at__isnull=False),
                name="bin_of_an_owner",
            ),
            # Changes in their order, for clients that follow them.
            models.Index(fields=["owner", "deleted_at", "updated_at", "id"], name="changed_last"),
        ]

    def __str__(self) -> str:
        return f"{self.artist} – {self.title}" if self.artist else self.title

    def get_absolute_url(self) -> str:
        return reverse_track("track", self.pk)

    @property
    def is_finished(self) -> bool:
        return self.status in (self.Status.READY, self.Status.FAILED)

    @property
    def progress(self) -> float:
        """The completed share of the analysis, 0 to 1, by stages."""
        stages = ["", *self.Stage.values]
        return 1.0 if self.is_finished else stages.index(self.stage) / len(stages)

    @property
    def can_write_tags(self) -> bool:
        """Whether tags can be written into a copy of the file."""
        return self.kind in TAGGABLE_FORMATS

    @property
    def error_message(self) -> str:
        return MESSAGES.get(self.error_code, "")

    @property
    def progress_text(self) -> str:
        """The stage of a running analysis, otherwise the status, as a label."""
        if self.status == self.Status.ANALYSING and self.stage:
            return self.Stage(self.stage).label
        return self.Status(self.status).label


#: A genre that is below this probability everywhere in a track is a minor one, which pages fold away.
MINOR_BELOW = 0.05


class Prediction(models.Model):
    """The prediction of one version of a model about a track."""

    # The constraint below serves the track, too.
    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="predictions", db_index=False)
    model_name = models.CharField(max_length=64)
    model_version = models.CharField(max_length=64)
    label = models.CharField("genre, if sure", max_length=32, null=True, blank=True)  # noqa: DJ001 - null is "not sure"
    top = models.CharField("most probable genre", max_length=32)
    confidence = models.FloatField("probability of the most probable genre")
    probabilities = models.JSONField()
    segments = models.JSONField("timeline", help_text="[start, end, [probability of each genre, by name]]")
    #: Scores by mood, from 0 to 1: the share of all music that has less of it.
    moods = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["track", "model_name", "model_version"], name="one_prediction_per_model"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label or 'not sure'} ({self.model_name} {self.model_version})"

    @property
    def genres(self) -> list[str]:
        """The order of each segment's probabilities: by name, since PostgreSQL does not keep the order of keys."""
        return sorted(self.probabilities)

    @property
    def ranking(self) -> list[tuple[str, float]]:
        """Genres with their probabilities, most probable first."""
        return sorted(self.probabilities.items(), key=lambda pair: (-pair[1], pair[0]))

    @property
    def main_genres(self) -> list[tuple[str, float]]:
        """The part of the ranking that is not minor: what reaches 5 % somewhere in the track. All, if nothing does."""
        return [pair for pair in self.ranking if self._highest[pair[0]] >= MINOR_BELOW] or self.ranking

    @property
    def minor_genres(self) -> list[tuple[str, float]]:
        """The rest of the ranking."""
        main = self.main_genres
        return [pair for pair in self.ranking if pair not in main]

    @functools.cached_property
    def _highest(self) -> dict[str, float]:
        """By genre, its highest probability: of the whole track or of a segment."""
        highest, genres = dict(self.probabilities), self.genres
        for _start, _end, shares in self.segments:
            for genre, share in zip(genres, shares, strict=True):
                highest[genre] = max(highest[genre], share)
        return highest


class Embedding(models.Model):
    """A track's embedding by the model of its current prediction.

    Its own table, since a whole library's vectors are read at once and predictions have long columns.
    """

    track = models.OneToOneField(Track, on_delete=models.CASCADE, primary_key=True, related_name="embedding")
    # The index below serves the owner, too.
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    #: Name and version of the model: only vectors of one model can be compared.
    model = models.CharField(max_length=130)
    #: Little-endian float32, as a vector of length 1.
    vector = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["owner", "model", "created_at"], name="comparable")]

    def __str__(self) -> str:
        return f"{self.track} in {self.model}"
