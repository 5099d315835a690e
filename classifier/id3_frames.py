"""ID3 frames for `known_frames`, with dates as they are written: mutagen keeps of them only what is a date."""

from __future__ import annotations

from mutagen.id3 import Frames, Frames_2_2, TextFrame

_DATES = ("TDRC", "TDRL", "TDOR", "TDEN", "TDTG", "TYER", "TORY")
FRAMES = {**Frames_2_2, **Frames, **{name: type(name, (TextFrame,), {}) for name in _DATES}}
