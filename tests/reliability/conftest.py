"""Each module gets a site of its own, whose processes its tests may kill."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live import own_environment
from tests.reliability.installation import Installation


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A site with an empty database and no processes yet. Those that are left at the end are killed."""
    folder = Path(tmp_path_factory.mktemp("place"))
    with own_environment(folder) as env:
        installation = Installation(folder, env)
        installation.manage("migrate", "--verbosity", "0")
        try:
            yield installation
        finally:
            installation.stop()
