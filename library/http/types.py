"""The type of requests to views that require a login."""

from django.http import HttpRequest

from library.models import User


class AuthenticatedRequest(HttpRequest):
    user: User
