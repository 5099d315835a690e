"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("library.urls")),
    path("account/", include("library.accounts.urls")),
    path("api/", include("library.api.urls")),
    path("admin/", admin.site.urls),
]
