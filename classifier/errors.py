"""The reasons why a file cannot be analysed: one exception with stable codes.

This module imports nothing heavy, because the web process uses the codes as well.
"""

from __future__ import annotations

from classifier.formats import FORMATS_TEXT
from classifier.other_files import archive_name

#: Message for people by error code: what happened and what they can do.
#: The codes are part of the API and must not change; the messages may.
MESSAGES: dict[str, str] = {
    "not_audio": f"This is not an audio file that Earmark can read. Try {FORMATS_TEXT}.",
    "unsupported_codec": "This file uses an audio codec that Earmark cannot decode.",
    "empty": "The file is empty.",
    "too_large": "The file is larger than the limit.",
    "too_long": "The track is longer than the limit.",
    "too_short": "The track has less than 3 seconds of audio, which is too short to recognise a genre.",
    "too_many_channels": "The track has more than 8 channels.",
    "bad_sample_rate": "The track's sample rate is not between 4 kHz and 768 kHz.",
    "corrupt": "The file is damaged: too little of it could be decoded.",
    "silent": "The track is silent, so no genre can be recognised.",
    "drm": "The file is copy-protected (DRM) and cannot be decoded.",
    "out_of_memory": "The analysis needed more memory than a track may use.",
    "timeout": "The analysis took longer than a track may take.",
    "crashed": "The decoder crashed on this file.",
    # Raised by the library, not by the analysis.
    "storage_full": (
        "There is not enough room on the server's disk. Deleting tracks and emptying the bin makes some; or tell "
        "whoever runs this site."
    ),
    "server_error": "Something went wrong on the server, not in this file. Try to analyse it again.",
    "file_missing": "The uploaded file is no longer on the server. Delete the track and upload it again.",
}

#: The same in two or three words, for lists.
REASONS: dict[str, str] = {
    "not_audio": "not audio",
    "unsupported_codec": "unknown codec",
    "empty": "empty file",
    "too_large": "file too large",
    "too_long": "too long",
    "too_short": "too short",
    "too_many_channels": "too many channels",
    "bad_sample_rate": "unusual sample rate",
    "corrupt": "damaged file",
    "silent": "silent",
    "drm": "copy-protected",
    "out_of_memory": "needs too much memory",
    "timeout": "took too long",
    "crashed": "decoder crashed",
    "storage_full": "disk full",
    "server_error": "error on the server",
    "file_missing": "file missing",
}


class AudioError(Exception):
    """A file cannot be stored or analysed.

    `code` is a key of `MESSAGES`; `message` is its text for people unless another is given.
    """

    def __init__(self, code: str, message: str | None = None) -> None:
        self.code = code
        self.message = message or MESSAGES[code]
        super().__init__(self.message)

    def as_dict(self) -> dict[str, str]:
        return {"code": self.code, "message": self.message}


def not_audio_error(head: bytes) -> AudioError:
    """The error for a file that starts with `head` and is no audio: an archive is told where it is unpacked."""
    name = archive_name(head)
    if not name:
        return AudioError("not_audio")
    advice = "Unpack it first, or send a ZIP archive" if name == "TAR" else "Send it"
    return AudioError(
        "not_audio",
        f"This is a {name} archive, not an audio file. {advice} by the upload page or to /api/v1/uploads/, which "
        "unpack ZIP archives.",
    )
