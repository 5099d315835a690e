"""What learning needs to know about tracks."""

from __future__ import annotations

from django.db import models

from library.models.people import User
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
