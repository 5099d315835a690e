"""Which site, and the token for it: from the environment, else from a file that only its owner can read."""

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
    """The library that was signed in to. Raises LibraryError when there is none."""
    return Library(*load(), unfinished=config_path().with_name("uploads.json"))


def save(url: str, token: str) -> Path:
    path = config_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump({"url": url, "token": token}, file)
    return path


def load() -> tuple[str, str]:
    """URL and token. Raises LibraryError when either is missing."""
    try:
        kept = json.loads(config_path().read_text())
    except (OSError, ValueError):
        kept = {}
    url = os.environ.get("EARMARK_URL") or kept.get("url")
    token = os.environ.get("EARMARK_TOKEN") or kept.get("token")
    if not url or not token:
        raise LibraryError("no_login", "Give “earmark login URL” first.")
    return url, token
