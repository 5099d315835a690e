"""The shipped model is not sure about noises and speech."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from classifier import espeak
from classifier.errors import AudioError
from classifier.inference import Classifier
from classifier.speech import speech_spectrograms
from tests import sounds

RATE, SECONDS = 22_050, 6
TIME = np.arange(RATE * SECONDS) / RATE
#: Languages, sentences and voices of espeak-ng that training does not have.
SPOKEN = [
    ("en-gb-scotland", "We had a long walk over the hills before the rain came down again."),
    ("en-us+f2", "Good morning. This is the news at eight o'clock, read by nobody in particular."),
    ("en-us+m3", "If you would like to leave a message, please speak after the tone."),
    ("es+m7", "Buenas tardes, les damos la bienvenida a nuestro programa de hoy."),
    ("it+f5", "Oggi parliamo della storia della nostra città."),
    ("pl", "Dzień dobry państwu, zapraszamy na wiadomości."),
    ("ru+f2", "Добрый вечер, в эфире новости."),
    ("pt+m3", "Boa noite, estas são as notícias de hoje."),
    ("sv+m7", "God kväll och välkomna till nyheterna."),
    ("tr+whisper", "İyi akşamlar, bugünün haberlerine hoş geldiniz."),
]


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.load("msd-musicnn-1")


def pink(rng: np.random.Generator) -> np.ndarray:
    spectrum = np.fft.rfft(rng.standard_normal(len(TIME)))
    return np.fft.irfft(spectrum / np.sqrt(np.arange(1, len(spectrum) + 1)), len(TIME))


def clicks(_: np.random.Generator) -> np.ndarray:
    pcm = np.zeros(len(TIME))
    pcm[:: RATE // 2] = 1
    return pcm


NOISES = {
    "white": lambda rng: rng.standard_normal(len(TIME)),
    "pink": pink,
    "sine": lambda rng: np.sin(2 * np.pi * 440 * TIME),
    "clicks": clicks,
    "hum": lambda rng: sum(np.sin(2 * np.pi * 50 * k * TIME) / k for k in (1, 2, 3, 5, 7)),
}


@pytest.mark.parametrize("name", NOISES)
def test_noises(name: str, classifier: Classifier, tmp_path: Path) -> None:
    pcm = NOISES[name](np.random.default_rng(9))
    pcm = (0.5 * pcm / np.abs(pcm).max()).astype(np.float32)
    file = sounds.write(tmp_path / "noise.wav", pcm=pcm[None], sample_rate=RATE)
    assert classifier.analyse(file).prediction.label is None


def test_silence_is_refused(classifier: Classifier, tmp_path: Path) -> None:
    with pytest.raises(AudioError) as refused:
        classifier.analyse(sounds.silence(tmp_path / "silence.wav"))
    assert refused.value.code == "silent"


def test_synthesized_voices(classifier: Classifier) -> None:
    rng = np.random.default_rng(20_260_102)
    voices = speech_spectrograms(12, classifier.manifest.features, 130, rng)
    assert [classifier.predict(voice).label for voice in voices] == [None] * 12


@pytest.mark.parametrize(("voice", "text"), SPOKEN, ids=[voice for voice, _ in SPOKEN])
def test_speech(voice: str, text: str, classifier: Classifier, tmp_path: Path) -> None:
    if not espeak.installed() and os.environ.get("EARMARK_TEST_ESPEAK") != "required":
        pytest.skip("espeak-ng is not installed")
    espeak.synthesize_wav(f"{text} {text}", voice, tmp_path / "speech.wav")
    assert classifier.analyse(tmp_path / "speech.wav").prediction.label is None
