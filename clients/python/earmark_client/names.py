"""File names as text: on Linux they are bytes, and not always UTF-8."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path


def valid_text(path: Path | str) -> str:
    """A path as valid Unicode. What is not UTF-8 becomes U+FFFD, the replacement character."""
    return os.fsencode(path).decode(errors="replace")


def printable(text: str) -> str:
    """Text from a file or a site without what would steer the terminal: U+FFFD in place of control characters."""
    return "".join("\ufffd" if unicodedata.category(char) in ("Cc", "Cs") else char for char in text)


def shown(path: Path) -> str:
    """A path as it can be printed."""
    return printable(valid_text(path))
