"""The account, its tokens, and the installed models."""

from __future__ import annotations

from django.conf import settings
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from library import selectors, services
from library.api.schema import with_errors
from library.api.serializers import account as serializers
from library.api.views.base import OwnersView
from library.models import ApiToken
from library.selectors.model_cards import installed_models


class AccountView(OwnersView):
    @extend_schema(
        operation_id="account",
        tags=["Account"],
        summary="Get your account",
        description="With its limits, what is used of them, and what this request's token may do.",
        responses=with_errors({200: serializers.AccountSerializer}),
    )
    def get(self, request: Request) -> Response:
        token = request.auth
        account = {
            "email": self.owner.email,
            "created_at": self.owner.date_joined,
            "scopes": token.scopes if isinstance(token, ApiToken) else ["read", "write", "delete"],
            "limits": {
                "upload_bytes": settings.EARMARK_MAX_UPLOAD_BYTES,
                "quota_bytes": selectors.quota_of(self.owner),
                "track_seconds": settings.EARMARK_MAX_TRACK_SECONDS,
            },
            "usage": selectors.usage_of(self.owner) | selectors.bin_usage_of(self.owner),
        }
        return Response(serializers.AccountSerializer(account).data)


class TokensView(OwnersView):
    @extend_schema(
        operation_id="tokens",
        tags=["Account"],
        summary="List your tokens",
        description="Tokens are created on the account page; a token cannot create another.",
        responses=with_errors({200: serializers.TokenSerializer(many=True)}),
    )
    def get(self, request: Request) -> Response:
        return Response(serializers.TokenSerializer(selectors.api_tokens_of(self.owner), many=True).data)


class TokenView(OwnersView):
    @extend_schema(
        operation_id="token_revoke",
        tags=["Account"],
        summary="Revoke a token",
        description="It stops working at once. This may be the token of the request itself.",
        responses=with_errors({204: None}, 404),
    )
    def delete(self, request: Request, id: int) -> Response:
        services.token_revoke(token=get_object_or_404(selectors.api_tokens_of(self.owner), pk=id))
        return Response(status=204)


class ModelsView(OwnersView):
    @extend_schema(
        operation_id="models",
        tags=["Models"],
        summary="List the installed models",
        description="With the figures of their model cards, which say how they were measured. The current one analyses "
        "the tracks of the token's owner.",
        responses=with_errors({200: serializers.ModelCardSerializer(many=True)}),
    )
    def get(self, request: Request) -> Response:
        return Response(serializers.ModelCardSerializer(installed_models(self.owner), many=True).data)
