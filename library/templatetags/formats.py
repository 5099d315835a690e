"""Which files can be uploaded: for the file picker, the drop zone's sentence and upload.js."""

from __future__ import annotations

from django import template

from classifier.formats import FORMATS_TEXT, UPLOAD_EXTENSIONS

register = template.Library()


@register.simple_tag
def upload_extensions() -> str:
    """Return the extensions of files that can be uploaded, joined by commas, as an `accept` attribute takes them."""
    return ",".join((*UPLOAD_EXTENSIONS, ".zip"))


@register.simple_tag
def upload_formats() -> str:
    """Return the accepted audio formats as people read them: "AAC, AIFF, … or WMA"."""
    return FORMATS_TEXT
