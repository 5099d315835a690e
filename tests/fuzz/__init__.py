"""Coverage-guided fuzzing, by hand: bytes that nobody thought of. `docs/security.md` tells how it is started.

What it finds becomes a case in `tests/hostile` or a test beside it; what it tried stays with who ran it.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import atheris

from classifier.limits import limit_memory
from tests import sounds
from tests.hostile_audio import CASES

#: As in the process that hears files, beyond what it takes by itself.
MEMORY = 2 * 2**30
#: Larger files are slow to try and have nothing that smaller ones have not.
SEED_BYTES = 64 * 1024


def fuzz(check: Callable[[Path], object]) -> None:
    """Call `check` with one file after another until it raises, crashes or hangs, or libFuzzer's options say stop.

    The first argument is the folder of what was found worth keeping; an empty one gets songs to start from.
    """
    corpus = Path(sys.argv[1])
    corpus.mkdir(parents=True, exist_ok=True)
    if not any(corpus.iterdir()):
        _seed(corpus)
    limit_memory(MEMORY)
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:  # memory
        path = Path(folder, "song")

        def try_one(data: bytes) -> None:
            path.write_bytes(data)
            check(path)

        # What takes more memory than is allowed is refused; that is no finding.
        atheris.Setup([*sys.argv, "-rss_limit_mb=0", "-malloc_limit_mb=0", f"-max_len={SEED_BYTES}"], try_one)
        atheris.Fuzz()


def _seed(corpus: Path) -> None:
    tags = {"title": "Blue Train", "artist": "Nobody", "date": "1957", "genre": "Jazz", "track": "3"}
    for extension in sounds.EXTENSIONS:
        (corpus / f"song{extension}").write_bytes(sounds.as_bytes(extension, 0.2, tags=tags))
    for case in CASES.values():
        path = case.write(corpus)
        if path.stat().st_size > SEED_BYTES:
            path.unlink()
