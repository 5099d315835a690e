"""A real server, for real clients."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.live import Site, running_site


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("server")) as site:
        yield site
