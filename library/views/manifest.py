"""The web app manifest, by which a browser installs the site on a phone or desktop."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.http import require_safe

#: The file, its sizes, and what it may be used for. A maskable icon may be cut to any shape.
ICONS = (
    ("img/earmark.svg", "any", "image/svg+xml", "any"),
    ("img/earmark-192.png", "192x192", "image/png", "any"),
    ("img/earmark-512.png", "512x512", "image/png", "any"),
    ("img/earmark-maskable-512.png", "512x512", "image/png", "maskable"),
)


@login_not_required
@require_safe
def manifest(request: HttpRequest) -> JsonResponse:
    """The same for everybody: browsers ask for it without the session."""
    return JsonResponse(
        {
            "id": reverse("library"),
            "name": "Earmark",
            "short_name": "Earmark",
            "description": "A music library that listens.",
            "lang": "en",
            "start_url": reverse("library"),
            "scope": reverse("library"),
            "display": "standalone",
            "background_color": "#faf9f7",
            "theme_color": "#0f766e",
            "icons": [
                {"src": static(path), "sizes": sizes, "type": kind, "purpose": purpose}
                for path, sizes, kind, purpose in ICONS
            ],
        },
        content_type="application/manifest+json",
    )
