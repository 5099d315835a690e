"""What can be wrong with a file, as one exception with a stable code.

This module imports nothing heavy: the web process reads these codes too.
"""

from __future__ import annotations

#: Every refusal, with the sentence a person reads: what happened, and what to do.
#: The codes are part of the API; sentences may change, codes do not.
MESSAGES: dict[str, str] = {
    "not_audio": "This is not an audio file that Earmark knows. "
    "Try MP3, M4A, OGG, Opus, FLAC, WAV, AIFF, AU, WMA or WebM.",
    "unsupported_codec": "The container is known, but the sound in it uses a codec that cannot be decoded.",
    "empty": "The file is empty.",
    "too_large": "The file is larger than the limit.",
    "too_long": "The track is longer than the limit.",
    "too_short": "There are less than 3 seconds of sound in this file, too little to hear a genre.",
    "too_many_channels": "The track has more channels than the limit of 8.",
    "bad_sample_rate": "The track's sample rate is outside what can be analysed (4 kHz to 192 kHz).",
    "corrupt": "The file is damaged: too little of it could be decoded.",
    "silent": "The track is silent, so there is no genre to hear.",
    "drm": "The file is protected against copying and cannot be decoded.",
    "out_of_memory": "The analysis needed more memory than is allowed for one track.",
    "timeout": "The analysis took longer than is allowed for one track.",
    "crashed": "The decoder crashed on this file.",
    # Said by the library, of what happened on the server.
    "storage_full": "The server's disk is full. Try again later.",
    "server_error": "Something went wrong on the server, not in this file. Have it analysed again.",
    "file_missing": "The uploaded file is no longer on the server. Delete the track and upload it again.",
}


class AudioError(Exception):
    """A file was refused.

    `code` is one of `MESSAGES` and stable; `message` is a sentence for people.
    """

    def __init__(self, code: str, message: str | None = None) -> None:
        self.code = code
        self.message = message or MESSAGES[code]
        super().__init__(self.message)

    def as_dict(self) -> dict[str, str]:
        return {"code": self.code, "message": self.message}
