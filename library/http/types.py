"""The request of somebody who is signed in: what every view behind the login gets."""

from django.http import HttpRequest

from library.models import User


class AuthenticatedRequest(HttpRequest):
    user: User
