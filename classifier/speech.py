"""Synthesized speech of random syllables, used in training and tests as an example of non-music.

A source-filter synthesizer (Klatt, "Software for a cascade/parallel formant synthesizer", JASA 67, 1980), but an
additive one: formants determine the levels of the harmonics of a gliding voice and of bands of noise. Syllables are
drawn at random: stops, fricatives and nasals before vowels, with pauses between phrases.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.features import FeatureConfig, MelStream, power_to_db

FloatArray = NDArray[np.float32]
Array = NDArray[np.float64]

#: First three formants in Hz of ten vowels, spoken by men (Peterson and Barney, JASA 24, 1952, table II).
VOWELS = np.array(
    [
        (270, 2290, 3010), (390, 1990, 2550), (530, 1840, 2480), (660, 1720, 2410), (730, 1090, 2440),
        (570, 840, 2410), (440, 1020, 2240), (300, 870, 2240), (640, 1190, 2390), (490, 1350, 1690),
    ],
    float,
)  # fmt: skip
NASAL = np.array((280.0, 1100.0, 2300.0))
#: Bandwidths of the formants in Hz: three that move and two that stay.
BANDWIDTHS = (70.0, 100.0, 140.0, 220.0, 300.0)
#: Number of control points of an utterance per second.
CONTROL_RATE = 100
NOISE_BANDS = 24


@dataclass
class Utterance:
    """Control points of an utterance at `CONTROL_RATE`: `formants` in Hz (points, 3), and levels (points,).

    `breath` is the level of noise through the formants, `hiss` that of noise in an octave around `centre` Hz.
    """

    formants: Array
    voice: Array
    breath: Array
    hiss: Array
    centre: Array


def synthesize_voice(seconds: float, sample_rate: int, rng: np.random.Generator) -> Array:
    """Synthesize a random voice that speaks, (samples,), with a peak of 1."""
    spoken = _utterance(round(seconds * CONTROL_RATE) + 1, rng)
    samples = round(seconds * sample_rate)
    moments: Array = np.arange(samples, dtype=np.float64) * (CONTROL_RATE / sample_rate)
    tilt, whisper = rng.uniform(3, 9), rng.uniform() < 0.1
    size = float(rng.uniform(0.9, 1.3))  # men, women and children: a shorter vocal tract has higher formants
    pitch = _pitch_contour(len(spoken.voice), rng) * rng.uniform(80, 180) * size**2
    hoarse = rng.uniform(0, 0.2)
    sound = np.zeros(samples)
    if not whisper:
        phase = 2 * np.pi * np.cumsum(np.interp(moments, np.arange(len(pitch)), pitch)) / sample_rate
        for harmonic in range(1, int(min(60, 0.45 * sample_rate / pitch.min()))):
            level = spoken.voice * _formant_gain(harmonic * pitch, spoken.formants * size, tilt)
            level[harmonic * pitch > 0.45 * sample_rate] = 0
            sound += np.interp(moments, np.arange(len(level)), level) * np.sin(harmonic * phase)
    breath: Array = spoken.breath + spoken.voice * (1.0 if whisper else hoarse)
    sound += _noise(spoken, breath, moments, sample_rate, size, rng)
    sound /= max(float(np.abs(sound).max()), 1e-9)
    return sound


def speech_spectrograms(
    count: int, config: FeatureConfig, frames: int, rng: np.random.Generator
) -> Iterator[FloatArray]:
    """Yield log-mel spectrograms (n_mels, frames) of `count` voices, some of them in noise or muffled."""
    for _ in range(count):
        sound = synthesize_voice((frames - 1) * config.frame_seconds, config.sample_rate, rng)
        if rng.uniform() < 0.3:
            sound = sound + rng.standard_normal(len(sound)) * 10 ** rng.uniform(-3.5, -1.5)
        stream = MelStream(config)
        stream.push(sound.astype(np.float32))
        log_mel = power_to_db(stream.finish(), config.top_db)
        if rng.uniform() < 0.2:
            log_mel[int(config.n_mels * rng.uniform(0.5, 0.9)) :] = -config.top_db
        yield log_mel


def _utterance(count: int, rng: np.random.Generator) -> Utterance:
    """Return an utterance of `count` control points, filled with syllables."""
    formants = np.tile(VOWELS[8], (count, 1))
    voice, breath, hiss = np.zeros((3, count))
    centre = np.full(count, 4000.0)
    pace = rng.uniform(0.7, 1.5)
    point, syllables_left = 0, int(rng.integers(0, 8))
    while point < count:
        if syllables_left == 0:
            point, syllables_left = point + int(rng.integers(15, 80)), int(rng.integers(3, 14))
        syllables_left -= 1
        onset, vowel = (max(2, int(length / pace)) for length in (rng.integers(4, 13), rng.integers(6, 24)))
        consonant = slice(point, point + onset)
        kind = rng.integers(4)
        if kind == 0:  # a stop: silence, then a burst
            breath[point + onset - 2 : point + onset] = rng.uniform(0.3, 1)
        elif kind == 1:
            hiss[consonant] = rng.uniform(0.05, 0.4)
            centre[consonant] = np.exp(rng.uniform(np.log(2000), np.log(8000)))
            voice[consonant] = rng.uniform(0, 0.2) * (rng.uniform() < 0.4)
        elif kind == 2:
            voice[consonant], formants[consonant] = rng.uniform(0.2, 0.5), NASAL
        point += onset
        first, last = VOWELS[rng.integers(len(VOWELS), size=2)]
        length = len(voice[point : point + vowel])
        glide = np.linspace(0, rng.uniform() < 0.3, length)[:, None]
        formants[point : point + vowel] = first + (last - first) * glide
        voice[point : point + vowel] = rng.uniform(0.4, 1) * np.linspace(1, rng.uniform(0.4, 1), length)
        point += vowel
    voice = np.convolve(voice, np.full(3, 1 / 3), "same")
    smooth = np.hanning(9)[1:-1] / np.hanning(9).sum()  # the tongue takes about 70 ms to move
    columns = [np.convolve(np.pad(f, 3, "edge"), smooth, "valid") for f in formants.T]
    return Utterance(np.stack(columns, axis=1), voice, breath, hiss, centre)


def _pitch_contour(count: int, rng: np.random.Generator) -> Array:
    """Return the pitch relative to the speaker's mean, (points,). It falls over each phrase and always varies."""
    places = np.cumsum(rng.integers(10, 40, size=count // 10 + 2))
    turns = np.exp(rng.normal(0, rng.uniform(0.05, 0.25), size=len(places)))
    drift = np.interp(np.arange(count), places, turns)
    fall = 1.15 - 0.3 * (np.arange(count) % rng.integers(120, 300)) / 300
    jitter: Array = drift * fall * np.exp(rng.normal(0, 0.01, size=count))
    return jitter


def _formant_gain(frequency: Array, formants: Array, tilt: float) -> Array:
    """Return the formants' gain at a frequency, (points,). `tilt` is the loss in dB per octave above 100 Hz."""
    fixed = np.broadcast_to((3500.0, 4500.0), (len(formants), 2))
    gain = (np.maximum(frequency, 100) / 100) ** (-tilt / 6.02)
    for centre, width in zip(np.concatenate([formants, fixed], axis=1).T, BANDWIDTHS, strict=True):
        gain = gain * centre**2 / np.hypot(centre**2 - frequency**2, width * frequency)
    return gain


def _noise(
    spoken: Utterance, breath: Array, moments: Array, sample_rate: int, size: float, rng: np.random.Generator
) -> Array:
    spectrum = np.fft.rfft(rng.standard_normal(len(moments)))
    frequency = np.fft.rfftfreq(len(moments), 1 / sample_rate)
    edges = np.geomspace(150, 0.5 * sample_rate, NOISE_BANDS + 1)
    sound = np.zeros(len(moments))
    for low, high in itertools.pairwise(edges):
        band = np.fft.irfft(spectrum * ((frequency >= low) & (frequency < high)), len(moments))
        middle = np.full(len(breath), np.sqrt(low * high))
        level = breath * _formant_gain(middle, spoken.formants * size, 3.0)
        level += spoken.hiss * np.exp2(-2 * np.log2(middle / spoken.centre) ** 2)
        sound += np.interp(moments, np.arange(len(level)), level) * band
    return sound
