"""Creates tracks with sound and pictures in a site's library without running its worker."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile

from classifier.inference import Classifier
from classifier.pictures import PEAKS_NAME, SPECTROGRAM_NAME
from library.models import Track
from tests import sounds
from tests.factories import TrackFactory


def make_audible_track(classifier: Classifier, **track: Any) -> Track:
    """Create a track with `TrackFactory`, with audio of its own and the matching waveform and spectrogram."""
    made: Track = TrackFactory(**track)
    with tempfile.TemporaryDirectory() as folder:
        song = sounds.write(Path(folder, "song.wav"), seconds=made.duration or 6, seed=Track.objects.count())
        classifier.analyse(song, pictures_dir=Path(folder))
        content = song.read_bytes()
        made.size, made.sha256 = len(content), hashlib.sha256(content).hexdigest()
        made.original.save("song.wav", ContentFile(content), save=False)
        made.peaks.save("peaks.json", ContentFile(Path(folder, PEAKS_NAME).read_bytes()), save=False)
        made.spectrogram.save("it.png", ContentFile(Path(folder, SPECTROGRAM_NAME).read_bytes()), save=False)
    made.save()
    return made
