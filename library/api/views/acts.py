"""Acts on many tracks at once, and their undo."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from library import selectors, services
from library.api.auth import TokenScope
from library.api.renderers import AnythingRenderer
from library.api.schema import answers
from library.api.serializers import truth
from library.api.views.base import OwnersView
from library.downloads import archive_answer
from library.errors import Refused
from library.filters import tracks_matching
from library.models import ApiToken, Track, User
from library.text import parsed_uuid


class ActsView(OwnersView, generics.GenericAPIView):
    """Several tracks in one request."""

    serializer_class = truth.DoneActSerializer

    @extend_schema(
        operation_id="acts",
        tags=["Many tracks at once"],
        summary="See what you did, and what can be undone",
        description=(
            "Acts on many tracks, deleted playlists and tags, and merged tags, on the site as by programs; the latest "
            "first, in pages: follow `next` until it is null. What was already undone has an `undone_at`."
        ),
        responses=answers({200: truth.DoneActSerializer(many=True)}, 404),
    )
    def get(self, request: Request) -> Response:
        rows = self.paginate_queryset(selectors.acts_of(self.owner))
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)

    @extend_schema(
        operation_id="act",
        tags=["Many tracks at once"],
        summary="Do something to many tracks",
        description=(
            "To those named by `ids`, or to all that `query` finds, which is written as in the address of the list. "
            "`confirm` agrees with the model, `genre` sets the genre `value` (a key), `tag` and `untag` put the tag "
            "`value` on and take it off, `playlist` puts them at the end of the playlist `value` (an id), in the order "
            "of `ids` or of the search, `analyse` hears again, `delete` deletes and needs the scope `delete`. What has "
            "an `id` in the answer can be undone as one."
        ),
        request=truth.ActRequestSerializer,
        responses=answers({200: truth.ActSerializer}, 400, 409, 415, 422),
    )
    def post(self, request: Request) -> Response:
        asked = truth.ActRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        tracks = chosen(self.owner, asked.validated_data)
        name, value = asked.validated_data["act"], asked.validated_data.get("value", "")
        if name == "delete":
            if isinstance(request.auth, ApiToken) and not request.auth.may_delete:
                raise PermissionDenied(TokenScope.message, code=TokenScope.code)
            return Response({"id": None, "done": services.tracks_delete(tracks=tracks), "skipped": 0})
        if name == "analyse":
            asked_for = tracks.count()
            done = services.tracks_analyse_again(tracks=tracks)
            return Response({"id": None, "done": done, "skipped": asked_for - done})
        if name in ("confirm", "genre"):
            genre = None if name == "confirm" else value
            summary = "Confirmed what was heard" if genre is None else f"Set the genre to {genre}"
            act = services.genres_set(tracks=tracks, person=self.owner, genre=genre, summary=summary)
        elif name == "tag":
            act = services.tracks_tag(tracks=tracks, person=self.owner, name=value)
        elif name == "playlist":
            playlist = selectors.playlists_of(self.owner).filter(pk=parsed_uuid(value)).first()
            if playlist is None:
                raise Refused("unknown_playlist", "You have no such playlist.", 422)
            act = services.playlist_append(playlist=playlist, tracks=tracks)
        else:
            tag = selectors.tag_named(self.owner, value)
            if tag is None:
                raise Refused("unknown_tag", "You have no such tag.", 422)
            act = services.tracks_untag(tracks=tracks, person=self.owner, tag=tag)
        return Response({"id": act.pk, "done": act.data["done"], "skipped": act.data["skipped"]})


class ActUndoView(OwnersView):
    @extend_schema(
        operation_id="act_undo",
        tags=["Many tracks at once"],
        summary="Undo an act where it still stands",
        request=None,
        responses=answers({200: truth.ActSerializer}, 404, 409),
    )
    def post(self, request: Request, id: UUID) -> Response:
        act = get_object_or_404(selectors.acts_of(self.owner), pk=id)
        done = services.act_undo(act=act)
        return Response({"id": None, "done": done, "skipped": act.data["done"] - done})


class ArchiveView(OwnersView):
    """Many files in one."""

    renderer_classes = [AnythingRenderer]
    scopes = {"post": "read"}

    @extend_schema(
        operation_id="archive",
        tags=["Many tracks at once"],
        summary="Download many tracks as a ZIP archive",
        description=(
            "Sent while it is made, as `Artist/Album/Title`, in the order of `ids` or of the search. With `tagged`, "
            "`Please note.txt` in it names the files that take no tags."
        ),
        request=truth.ArchiveRequestSerializer,
        responses=answers({(200, "application/zip"): OpenApiTypes.BINARY}, 400, 415),
    )
    def post(self, request: Request) -> HttpResponseBase:
        asked = truth.ArchiveRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        ids = list(chosen(self.owner, asked.validated_data).values_list("pk", flat=True))
        return archive_answer(self.owner, ids, with_tags=asked.validated_data["tagged"])


def chosen(owner: User, asked: dict[str, Any]) -> QuerySet[Track]:
    """The owner's tracks that a request names, in the order in which it does."""
    if "ids" in asked:
        return selectors.tracks_named(owner, asked["ids"])
    return tracks_matching(owner, QueryDict(asked["query"]))
