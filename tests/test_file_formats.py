"""Lists of file extensions that cannot import `classifier.formats` name the same formats."""

from __future__ import annotations

from classifier.formats import UPLOAD_EXTENSIONS
from earmark_client.folders import SUFFIXES


def test_the_client_finds_every_file_that_can_be_uploaded() -> None:
    assert set(UPLOAD_EXTENSIONS) == SUFFIXES
