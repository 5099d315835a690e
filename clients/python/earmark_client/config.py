"""The site and its token: from the environment, else from a file that only its owner can read."""

from __future__ import annotations

import json
import os
from pathlib import Path

from earmark_client.errors import LibraryError
from earmark_client.library import Library


def config_path() -> Path:
    folder = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(os.environ.get("EARMARK_CONFIG") or Path(folder) / "earmark" / "config.json")


def open_library() -> Library:
    """The library of the last login. Raises LibraryError when there was none."""
    return Library(*load_login(), unfinished=config_path().with_name("uploads.json"))


def save_login(url: str, token: str) -> Path:
    """Store URL and token in a file that only its owner can read; returns its path."""
    path = config_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump({"url": url, "token": token}, file)
    return path


def load_login() -> tuple[str, str]:
    """The URL and the token. Raises LibraryError when either is missing."""
    try:
        stored = json.loads(config_path().read_text())
    except (OSError, ValueError):
        stored = {}
    url = os.environ.get("EARMARK_URL") or stored.get("url")
    token = os.environ.get("EARMARK_TOKEN") or stored.get("token")
    if not url or not token:
        raise LibraryError("no_login", "Run “earmark login URL” first.")
    return url, token
