"""Django system checks of the site's configuration."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from library.selectors.model_cards import model_manifest


@register
def check_model_installed(**options: Any) -> list[CheckMessage]:
    """The model of EARMARK_MODEL must be installed: without it no track can be analysed."""
    if model_manifest(settings.EARMARK_MODEL):
        return []
    installed = sorted(path.parent.name for path in settings.EARMARK_MODELS_DIR.glob("*/manifest.json"))
    return [
        Error(
            f"There is no model “{settings.EARMARK_MODEL}” in {settings.EARMARK_MODELS_DIR}.",
            hint=f"Set EARMARK_MODEL to one of: {', '.join(installed) or '(none is installed)'}.",
            id="earmark.E001",
        )
    ]


@register
def check_file_delivery(**options: Any) -> list[CheckMessage]:
    """A web server cannot send files that are stored in S3, and only S3 has signed URLs."""
    delivery, in_s3 = settings.EARMARK_FILES_BY, bool(settings.S3_BUCKET)
    if delivery in (("stream", "signed-url") if in_s3 else ("stream", "x-accel-redirect", "x-sendfile")):
        return []
    where = "S3" if in_s3 else "local files"
    return [Error(f"EARMARK_FILES_BY cannot be “{delivery}” with {where}.", id="earmark.E002")]
