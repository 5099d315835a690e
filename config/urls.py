"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path

from library.api.views.hear import FileUploadView

urlpatterns = [
    path("", include("library.urls")),
    path("account/", include("library.accounts.urls")),
    path("api/", include("library.api.urls")),
    path("file-upload", FileUploadView.as_view(), name="file-upload"),
    path("admin/", admin.site.urls),
]
