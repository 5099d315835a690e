"""Bodies of requests to the API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import Any

from django.conf import settings
from rest_framework import parsers
from rest_framework.exceptions import ParseError

from library.http.chunked_bodies import BodyTooLarge

#: No body of the API has more levels than four.
MAX_DEPTH = 32


class JSONParser(parsers.JSONParser):
    """DRF's, with limits on size and depth, and without texts that cannot be stored.

    Raises ParseError and BodyTooLarge.
    """

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0
        body = stream.read(most + 1)
        if len(body) > most:
            raise BodyTooLarge("The body is larger than the limit.")
        try:
            value = super().parse(BytesIO(body), media_type, parser_context)
        except RecursionError as error:
            raise ParseError(f"The JSON is nested more than {MAX_DEPTH} levels deep.") from error
        _check_value(value)
        return value


def _check_value(value: Any) -> None:
    """Raises ParseError for values nested too deeply, and for texts that databases and UTF-8 cannot hold."""
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        texts = [each for each in level if isinstance(each, str)]
        if any("\0" in text or not _is_encodable(text) for text in texts):
            raise ParseError("The JSON contains a NUL character, or half of a surrogate pair.")
        level = [part for each in level for part in _parts(each)]
        if not level:
            return
    raise ParseError(f"The JSON is nested more than {MAX_DEPTH} levels deep.")


def _parts(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return (*value, *value.values())
    return value if isinstance(value, list) else ()


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
