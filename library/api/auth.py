"""`Authorization: Bearer <key>` for programs; browsers use their session."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from library import services
from library.models import ApiToken, User
from library.services.tokens import token_digest

SCHEMES = ("bearer", "token")


class TokenAuthentication(BaseAuthentication):
    """Authenticates a program by its token. Also accepts `Token <key>`, which DRF's clients send."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() not in SCHEMES:
            return None
        # Looked up by its digest, so that timing reveals nothing about keys.
        token = (
            ApiToken.objects.select_related("owner")
            .filter(digest=token_digest(key.strip()), owner__is_active=True)
            .first()
        )
        if token is None:
            raise AuthenticationFailed("This token is unknown or revoked.", code="invalid_token")
        if token.is_expired:
            raise AuthenticationFailed("This token has expired. Create a new one.", code="expired_token")
        services.token_mark_used(token=token)
        return token.owner, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Earmark"'


class TokenScope(BasePermission):
    """Limits a token to its scopes. A session in the browser may do everything."""

    message = "This token lacks the scope for this. Create one that has it on the account page."
    code = "insufficient_scope"

    def has_permission(self, request: Request, view: Any) -> bool:
        token, method = request.auth, request.method or ""
        if not isinstance(token, ApiToken):
            return True
        usual = "read" if method in SAFE_METHODS else "delete" if method == "DELETE" else "write"
        return getattr(view, "scopes", {}).get(method.lower(), usual) in token.scopes


class TokenScheme(OpenApiAuthenticationExtension):
    """Describes `TokenAuthentication` in the schema."""

    target_class = "library.api.auth.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A token from the account page: `Authorization: Bearer earmark_…`",
        }
