"""What people teach, and what learning needs to know about tracks."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from library.models.genres import Genre
from library.models.people import User
from library.models.tags import Tag
from library.models.tracks import Track


class LearningVector(models.Model):
    """A track's vector for learning, as its latest analysis computed it.

    Derived from the file: exports leave it out, and the upgrade pass computes it for tracks that have none.
    """

    track = models.OneToOneField(
        Track, on_delete=models.CASCADE, primary_key=True, related_name="learning_vector"
    )
    # The index below serves the owner, too.
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    #: Name and version of a model: only vectors of one space can be compared.
    space = models.CharField(max_length=130)
    #: Little-endian float16, as a vector of length 1.
    vector = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["owner", "space", "created_at"], name="comparable_for_learning")]

    def __str__(self) -> str:
        return f"{self.track} in {self.space}"


class Concept(models.Model):
    """An own genre or a tag that its owner teaches, so that Earmark can find other tracks that sound like it.

    Its examples are not stored here: they are the tracks to which the owner gave the genre or the tag.
    """

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="concepts")
    # The constraints below serve the genre and the tag, too.
    genre = models.ForeignKey(Genre, on_delete=models.CASCADE, null=True, related_name="+", db_index=False)
    #: A deleted tag comes back under the same id when its deletion is undone; until then, this names no row.
    tag = models.ForeignKey(
        Tag, on_delete=models.DO_NOTHING, db_constraint=False, null=True, related_name="+", db_index=False
    )
    #: The concept of the genre or tag into which its own was merged: what was refused for this one is refused for that.
    merged_into = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="+")
    #: Since when Earmark sets it by itself on the tracks that it is sure of; None while that is switched off.
    sets_since = models.DateTimeField("sets itself since", null=True)
    #: When that was last switched on or off.
    switched_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(genre__isnull=True) ^ models.Q(tag__isnull=True), name="genre_or_tag"
            ),
            models.UniqueConstraint(fields=["genre"], name="one_concept_per_genre"),
            models.UniqueConstraint(fields=["tag"], name="one_concept_per_tag"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name of its genre or tag."""
        taught = self.genre or self.tag
        return taught.name if taught else ""


class Answer(models.Model):
    """Whether a track sounds like a concept, by the owner's answer.

    A yes also gives the track the genre or the tag. What the owner says about the track later counts before an answer:
    see `selectors.concepts`.
    """

    # The constraint below serves the concept, too.
    concept = models.ForeignKey(Concept, on_delete=models.CASCADE, related_name="answers", db_index=False)
    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="answers")
    yes = models.BooleanField()
    #: It answers a suggestion or a question. Only such answers tell how often the concept is right: what people choose
    #: as an example is right by choice.
    asked = models.BooleanField(default=True)
    #: The id of the verdict or the tagging that a yes gave, for undoing it; None if the track had it already.
    given_id = models.BigIntegerField(null=True, editable=False)
    #: It took the place of a no, which comes back when it is undone.
    was_no = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["concept", "track"], name="one_answer_per_track")]

    def __str__(self) -> str:
        return f"{self.answer}: {self.track} as {self.concept}"

    @property
    def answer(self) -> str:
        """As programs write it."""
        return "yes" if self.yes else "no"


class ConceptTrack(models.Model):
    """A track on which Earmark sets an own genre by itself: the concept is switched on and sure of it.

    Of several concepts that are sure, the surest. Derived from answers and vectors, and no verdict: what people say
    about the track counts before it. A tag that Earmark sets is a `Tagging` with its `concept`.
    """

    track = models.OneToOneField(
        Track, on_delete=models.CASCADE, primary_key=True, related_name="concept_track"
    )
    concept = models.ForeignKey(Concept, on_delete=models.CASCADE, related_name="concept_tracks")
    #: By how much its score exceeded the concept's threshold when it was set.
    margin = models.FloatField()

    def __str__(self) -> str:
        return f"{self.concept} set on {self.track}"


class ConceptPass(models.Model):
    """A request to set what an owner's concepts set by themselves, until that is done: at most one per owner.

    Whoever holds the lease does it. When the process that holds it dies, the lease runs out, and another takes it.
    """

    owner = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="+")
    #: How often it was asked for: what was said while a pass was under way needs another one.
    requests = models.PositiveIntegerField(default=1)
    lease = models.UUIDField(null=True)
    #: By the database's clock. Until somebody holds the lease, when the request may be enqueued again.
    leased_until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.owner}, until {self.leased_until}"
