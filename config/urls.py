"""The root URLconf."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from library.api.views.classify import FileUploadView
from library.http.shortcuts import not_found

urlpatterns = [
    path("", include("library.urls")),
    path("account/", include("library.accounts.urls")),
    path("api/", include("library.api.urls")),
    path("rest/", include("library.subsonic.urls")),
    path("file-upload", FileUploadView.as_view(), name="file-upload"),
    # The account page for this limits wrong passwords; the admin's does not.
    path("admin/password_change/", RedirectView.as_view(pattern_name="password_change")),
    # The admin's own would tell, by 302 or 404, which tracks exist.
    path("admin/r/<path:url>", not_found),
    path("admin/", admin.site.urls),
]

handler500 = "library.http.errors.server_error"
