"""Own genres and tags that people teach: their addresses, and who may see them."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from library import selectors, services
from library.http.shortcuts import get_or_gone
from library.http.types import AuthenticatedRequest
from library.models import BulkAction, Concept, Genre, Tag

GENRE_GONE = "That genre is no longer there."
TAG_GONE = "That tag is no longer there."

Label = Genre | Tag


@dataclass(frozen=True, slots=True)
class LabelUrls:
    """The addresses of an own genre or a tag."""

    page: str
    like: str
    """The suggestions: what sounds like it."""
    answer: str
    undo: str
    standing: str
    switch: str
    """Asks whether it is to set itself, and switches it on."""
    switch_off: str

    @classmethod
    def of(cls, label: Label) -> LabelUrls:
        kind = kind_of(label)
        endings = ("", "-like", "-answer", "-answer-undo", "-standing", "-switch", "-switch-off")
        return cls(*(reverse(f"{kind}{ending}", args=[label.pk]) for ending in endings))


def kind_of(label: Label) -> str:
    """ "genre" or "tag"."""
    return "genre" if isinstance(label, Genre) else "tag"


def owned_label(
    request: AuthenticatedRequest, genre_id: int | None = None, tag_id: int | None = None
) -> Label:
    """The genre or the tag, if it is this person's. Raises as `get_or_gone` does."""
    if genre_id is not None:
        return get_or_gone(request, selectors.own_genres_of(request.user), GENRE_GONE, "labels", pk=genre_id)
    return get_or_gone(request, selectors.tags_of(request.user), TAG_GONE, "labels", pk=tag_id)


def label_given_by(action: BulkAction) -> Label | None:
    """The own genre or the tag that a bulk action gives to tracks; None for several, or a built-in genre."""
    if action.kind == BulkAction.Kind.GENRE:
        return selectors.own_genres_of(action.person).filter(key=action.data["genre"]).first()
    if action.kind == BulkAction.Kind.TAG:
        return selectors.tags_of(action.person).filter(pk=action.data.get("tag")).first()
    return None


def concept_of(request: AuthenticatedRequest, label: Label) -> Concept:
    """The concept of a genre or tag of this person, created if there is none."""
    return services.concept_get_or_create(owner=request.user, taught=label)
