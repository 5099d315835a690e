"""How answers are written."""

from rest_framework.renderers import JSONRenderer


class AnythingRenderer(JSONRenderer):
    """For a view that answers with a file: whatever the client accepts is fine. Its errors are JSON."""

    media_type = "*/*"
    format = "file"
