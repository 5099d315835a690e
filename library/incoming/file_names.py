"""File names of forms keep their blanks."""

from __future__ import annotations

from django.http.multipartparser import MultiPartParser

from library.text import with_plain_spaces


class BlankKeepingParser(MultiPartParser):
    """Django's parser drops blanks other than the space, so that two words become one; here they become spaces."""

    def sanitize_file_name(self, file_name: str) -> str | None:
        cleaned: str | None = super().sanitize_file_name(with_plain_spaces(file_name))
        return cleaned


def file_names_keep_blanks() -> None:
    """Have the parser of pages and of the API do so: neither offers to choose another one."""
    from django.http import request
    from rest_framework import parsers

    for module, name in ((request, "MultiPartParser"), (parsers, "DjangoMultiPartParser")):
        setattr(module, name, BlankKeepingParser)
