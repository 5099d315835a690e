"""File names of forms arrive as they are on the sender's disk, as far as a form can carry them."""

from __future__ import annotations

import html
import re

from django.http.multipartparser import MultiPartParser

from classifier.visible import without_invisible
from library.text import with_plain_spaces

#: What browsers write for a quotation mark and line breaks in a file's name (HTML, "multipart form data").
_ESCAPED = {"%22": '"', "%0D": " ", "%0A": " "}
_ESCAPES = re.compile("|".join(_ESCAPED), re.IGNORECASE)


class FileNameParser(MultiPartParser):
    """Django's parser drops what is not printable: blanks other than the space, so that two words become one, and
    joiners, without which words of some scripts are misspelt.
    """

    def sanitize_file_name(self, file_name: str) -> str | None:
        plain = _ESCAPES.sub(lambda found: _ESCAPED[found[0].upper()], html.unescape(file_name))
        name = re.split(r"[/\\]", with_plain_spaces(plain))[-1]
        name = without_invisible(name).strip()
        return None if name in ("", ".", "..") else name


def api_file_names_as_sent() -> None:
    """Have the parser of the API do so, which offers no other way. Requests for pages are told by a middleware."""
    from rest_framework import parsers

    setattr(parsers, "DjangoMultiPartParser", FileNameParser)  # noqa: B010 - unknown to its stubs
