"""What must be true before anything starts, said in a sentence rather than found out later."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from library.selectors.model_cards import model_manifest


@register
def check_model_installed(**options: Any) -> list[CheckMessage]:
    """Without a model no track would ever be heard."""
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
    """A web server cannot send what lies in S3, and only S3 signs addresses."""
    by, in_s3 = settings.EARMARK_FILES_BY, bool(settings.S3_BUCKET)
    if by in (("stream", "signed-url") if in_s3 else ("stream", "x-accel-redirect", "x-sendfile")):
        return []
    where = "S3" if in_s3 else "local files"
    return [Error(f"EARMARK_FILES_BY cannot be “{by}” with {where}.", id="earmark.E002")]
