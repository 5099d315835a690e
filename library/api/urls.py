"""Addresses below /api/."""

from django.contrib.auth.decorators import login_not_required
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.permissions import AllowAny
from rest_framework.routers import SimpleRouter

from library.api import docs, views

router = SimpleRouter(use_regex_path=False)
router.register("tracks", views.TrackViewSet, basename="track")

urlpatterns = [
    path("v1/", include((router.urls, "library"), namespace="v1")),
    # The schema holds nothing private: anybody may read how to talk to this site.
    path("schema/", SpectacularAPIView.as_view(permission_classes=[AllowAny]), name="api-schema"),
    path("docs/", login_not_required(docs.page), name="api-docs"),
    re_path("", views.NowhereView.as_view()),
]
