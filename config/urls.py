"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from library.api.views.hear import FileUploadView

urlpatterns = [
    path("", include("library.urls")),
    path("account/", include("library.accounts.urls")),
    path("api/", include("library.api.urls")),
    path("file-upload", FileUploadView.as_view(), name="file-upload"),
    # There is one way to change one's password, and it counts wrong ones.
    path("admin/password_change/", RedirectView.as_view(pattern_name="password_change")),
    path("admin/", admin.site.urls),
]
