"""Speech synthesized with espeak-ng, if it is installed. Training uses it as an example of non-music.

Tests use other voices, sentences and languages.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

SENTENCES = {
    "en-us": [
        "When the sunlight strikes raindrops in the air, they act as a prism and form a rainbow.",
        "Please call Stella. Ask her to bring these things with her from the store.",
        "Your call is important to us. All our operators are busy at the moment.",
        "We begin with a look at the weather for the coming week, which stays dry.",
        "He opened the letter slowly, read it twice, and put it back into his pocket.",
    ],
    "en-gb": [
        "The committee will meet again on Tuesday to consider the second report.",
        "Tea is served in the garden at four, unless the weather turns.",
        "She sells sea shells on the shore, and keeps a small shop in winter.",
    ],
    "de": [
        "Der Nordwind und die Sonne stritten sich, wer von ihnen beiden wohl der Stärkere wäre.",
        "Bitte hinterlassen Sie eine Nachricht nach dem Signalton.",
        "Es war einmal ein Müller, der hatte drei Söhne.",
    ],
    "fr": [
        "La bise et le soleil se disputaient, chacun assurant qu'il était le plus fort.",
        "Veuillez laisser un message après le bip sonore.",
        "Il était une fois une petite fille qui vivait près de la forêt.",
    ],
    "nl": [
        "De noordenwind en de zon hadden een discussie over de vraag wie de sterkste was.",
        "Goedenavond, hier volgt het nieuws van vandaag.",
    ],
    "fi": ["Pohjantuuli ja aurinko kiistelivät siitä, kumpi heistä olisi vahvempi."],
    "id": ["Angin utara dan matahari berdebat tentang siapa yang lebih kuat."],
    "ja": ["こんばんは、ニュースをお伝えします。"],
    "el": ["Καλησπέρα σας, ακούτε τις ειδήσεις."],
    "sw": ["Habari za jioni, hizi ni taarifa za habari."],
}
#: espeak-ng's variants of a language's voice; "" is the voice itself.
VARIANTS = ("f1", "f3", "f4", "m1", "m2", "m4", "m5", "m6", "m8", "whisperf", "")
READINGS_PER_SENTENCE = 6


def installed() -> bool:
    """Whether espeak-ng can be started."""
    return shutil.which("espeak-ng") is not None


def synthesize_wav(text: str, voice: str, path: Path, words_per_minute: int = 175, pitch: int = 50) -> None:
    """Write a WAV file of a voice such as `en-us+f2` that reads `text`. `pitch` is 0 to 99. Raises OSError."""
    options = ["-v", voice, "-s", str(words_per_minute), "-p", str(pitch), "-w", str(path)]
    try:
        subprocess.run(["espeak-ng", *options, text], check=True, capture_output=True)  # noqa: S603, S607
    except subprocess.CalledProcessError as error:
        raise OSError(f"espeak-ng could not speak: {error.stderr.decode(errors='replace')}") from error


def synthesize_sentences(folder: Path) -> list[Path]:
    """Write WAV files to `folder` and return their paths: each sentence, repeated once, in several voices.

    Each of the `READINGS_PER_SENTENCE` files of a sentence has another voice, speed and pitch.
    """
    files: list[Path] = []
    sentences = [(language, text) for language, texts in SENTENCES.items() for text in texts]
    for number, (language, text) in enumerate(sentences):
        for reading in range(READINGS_PER_SENTENCE):
            count = len(files)
            variant = VARIANTS[(3 * count + reading) % len(VARIANTS)]
            voice = f"{language}+{variant}" if variant else language
            path = folder / f"{number:02}-{reading}.wav"
            synthesize_wav(f"{text} {text}", voice, path, 120 + 37 * count % 120, 25 + 13 * count % 60)
            files.append(path)
    return files
