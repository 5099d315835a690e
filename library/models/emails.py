"""Emails that wait to be sent."""

from __future__ import annotations

from django.db import models


class PendingEmail(models.Model):
    """An email that a worker is to send. The row goes when it was sent, so that no address stays behind.

    Rows of the job queue name it by its id: they are kept after the job is done.
    """

    class Kind(models.TextChoices):
        SIGN_UP = "sign_up", "Sign-up"
        PASSWORD_RESET = "password_reset", "Password reset"

    kind = models.CharField(max_length=20, choices=Kind)
    email = models.EmailField("email address")
    host = models.CharField("host name of the site", max_length=255)
    secure = models.BooleanField("the site has HTTPS")
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.created_at:%Y-%m-%d %H:%M}"
