"""A real server, for clients that are real too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.live import Site, running_site


@pytest.hookimpl(tryfirst=True)  # before test processes are dealt their share
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/server" in item.nodeid:
            # One site for all of them, whatever the number of test processes.
            item.add_marker(pytest.mark.xdist_group("server"))


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("server")) as site:
        yield site
