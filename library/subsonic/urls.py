"""URLs below /rest/: each endpoint, and one view for what is left: the same with `.view`, and unknown ones."""

from django.urls import path, re_path

from library.subsonic.endpoints import ENDPOINTS
from library.subsonic.views import endpoint_view, other_view

urlpatterns = [
    path(name, endpoint_view(endpoint), name=f"subsonic-{name}") for name, endpoint in ENDPOINTS.items()
]
urlpatterns.append(re_path("", other_view))
