"""What is said of the server and of who asks."""

from __future__ import annotations

from typing import Any

from library import selectors
from library.subsonic.calls import Call
from library.subsonic.errors import Code, SubsonicError
from library.subsonic.ids import FOLDER

#: The extensions of the protocol that work here, with their versions.
EXTENSIONS = {
    "formPost": [1],
    "apiKeyAuthentication": [1],
    "indexBasedQueue": [1],
    "sonicSimilarity": [1],
    "transcodeOffset": [1],
}
#: What a player may do with a person's music. The account itself is kept on pages.
_MAY = {
    "scrobblingEnabled": True,
    "adminRole": False,
    "settingsRole": False,
    "downloadRole": True,
    "uploadRole": False,
    "playlistRole": True,
    "coverArtRole": False,
    "commentRole": False,
    "podcastRole": False,
    "streamRole": True,
    "jukeboxRole": False,
    "shareRole": False,
    "videoConversionRole": False,
}


def ping(call: Call) -> dict[str, Any]:
    return {}


def get_license(call: Call) -> dict[str, Any]:
    return {"license": {"valid": True}}


def get_extensions() -> dict[str, Any]:
    return {
        "openSubsonicExtensions": [
            {"name": name, "versions": versions} for name, versions in EXTENSIONS.items()
        ]
    }


def token_info(call: Call) -> dict[str, Any]:
    return {"tokenInfo": {"username": call.person.email}}


def get_user(call: Call) -> dict[str, Any]:
    """The person who asks, and nobody else."""
    name = call.params.text("username") or call.person.email
    if name.strip().lower() != call.person.email.lower():
        raise SubsonicError(Code.NOT_AUTHORISED, "You may ask about yourself only.")
    return {"user": {"username": call.person.email, "email": call.person.email, **_MAY, "folder": [FOLDER]}}


def get_scan_status(call: Call) -> dict[str, Any]:
    """Whether tracks wait to be heard: what comes nearest to a scan here."""
    scanning = selectors.heard_progress_of(call.person) is not None
    return {"scanStatus": {"scanning": scanning, "count": selectors.usage_of(call.person)["tracks"]}}


def not_offered(call: Call) -> dict[str, Any]:
    raise SubsonicError(Code.NOT_AUTHORISED, "Earmark does not offer this to players.")


def no_avatar(call: Call) -> dict[str, Any]:
    raise SubsonicError(Code.NOT_FOUND, "People have no pictures here.")
