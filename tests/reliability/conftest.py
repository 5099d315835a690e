"""Sites of their own, to be killed in many ways."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live import own_environment
from tests.reliability.place import Place


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A site with an empty database. None of its processes runs yet; those that do in the end are killed."""
    folder = Path(tmp_path_factory.mktemp("place"))
    with own_environment(folder) as env:
        place = Place(folder, env)
        place.manage("migrate", "--verbosity", "0")
        try:
            yield place
        finally:
            place.stop()
