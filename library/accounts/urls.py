"""URLs of accounts. The names of the password views are Django's."""

from typing import Any

from django.conf import settings
from django.contrib.auth import views as auth_views
from django.urls import path

from library.accounts import forms, views

#: Asked when a page is made: the pages of a forgotten password say what to do where no email is sent.
SENDS_EMAIL: dict[str, Any] = {"sends_email": lambda: settings.EARMARK_EMAIL_ENABLED}

urlpatterns = [
    path("", views.account, name="account"),
    path("signup/", views.signup, name="signup"),
    path("signup/sent/", views.signup_sent, name="signup_sent"),
    path("signup/<str:key>/", views.signup_finish, name="signup_finish"),
    path("login/", views.SignInView.as_view(), name="login"),
    path("logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("session/", views.session, name="session"),
    path("email/", views.email_change, name="email_change"),
    path("share/", views.share, name="account_share"),
    path("genres/", views.file_genres, name="account_file_genres"),
    path("time-zone/", views.time_zone, name="account_time_zone"),
    path("training/", views.allow_training, name="account_allow_training"),
    path("delete/", views.account_delete, name="account_delete"),
    path("tokens/", views.token_create, name="token_create"),
    path("tokens/<int:token_id>/revoke/", views.token_revoke, name="token_revoke"),
    path("players/", views.player_password_create, name="player_password_create"),
    path("players/<int:password_id>/revoke/", views.player_password_revoke, name="player_password_revoke"),
    path("password/", views.AccountPasswordChangeView.as_view(), name="password_change"),
    path(
        "password/forgotten/",
        auth_views.PasswordResetView.as_view(
            form_class=forms.PasswordResetForm,
            template_name="accounts/password_reset.html",
            extra_context=SENDS_EMAIL,
        ),
        name="password_reset",
    ),
    path(
        "password/forgotten/sent/",
        auth_views.PasswordResetDoneView.as_view(
            template_name="accounts/password_reset_done.html", extra_context=SENDS_EMAIL
        ),
        name="password_reset_done",
    ),
    path(
        "password/new/<uidb64>/<token>/",
        auth_views.PasswordResetConfirmView.as_view(
            form_class=forms.SetPasswordForm, template_name="accounts/password_reset_confirm.html"
        ),
        name="password_reset_confirm",
    ),
    path(
        "password/new/done/",
        auth_views.PasswordResetCompleteView.as_view(template_name="accounts/password_reset_complete.html"),
        name="password_reset_complete",
    ),
]
