"""Sizes of files as people read them: on pages and in messages."""

from __future__ import annotations

import pytest
from django.template.defaultfilters import filesizeformat

from library.text import file_size


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 KB"),
        (1024, "1.0 KB"),
        (8000, "7.8 KB"),
        (1_025_536, "1.0 MB"),  # 1001.5 KB
        (1_048_576, "1.0 MB"),
        (200 * 2**20, "200.0 MB"),
        (999.94 * 2**20, "999.9 MB"),
        (999.96 * 2**20, "1.0 GB"),
        (5 * 2**40, "5.0 TB"),
        (5000 * 2**50, "5000.0 PB"),
        (None, "0 bytes"),
    ],
)
def test_no_number_has_four_digits(size: float | None, text: str) -> None:
    assert file_size(size).replace("\xa0", " ") == text


@pytest.mark.parametrize("size", [0, 1, 12, 999, 1024, 4000, 10**6 - 1, 3 * 2**20, 7 * 2**30, 2**41])
def test_elsewhere_it_is_what_django_says(size: int) -> None:
    assert file_size(size) == filesizeformat(size)
