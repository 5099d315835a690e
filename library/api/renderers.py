"""How responses are rendered."""

from rest_framework.renderers import JSONRenderer


class AnyMediaTypeRenderer(JSONRenderer):
    """For views that respond with a file, whatever the client accepts. Their errors are JSON."""

    media_type = "*/*"
    format = "file"
