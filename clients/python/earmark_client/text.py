"""File names as text. On Linux they are bytes, and not always UTF-8."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path


def valid_text(path: Path | str) -> str:
    """A path as valid Unicode, with U+FFFD, the replacement character, for bytes that are not UTF-8."""
    return os.fsencode(path).decode(errors="replace")


def printable(text: str) -> str:
    """A text that is safe to print to a terminal: control characters are replaced by U+FFFD."""
    return "".join("\ufffd" if unicodedata.category(char) in ("Cc", "Cs") else char for char in text)


def printable_path(path: Path) -> str:
    """A path that is safe to print to a terminal."""
    return printable(valid_text(path))
