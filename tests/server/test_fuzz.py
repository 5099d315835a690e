"""Schemathesis over the whole schema, against a real server, as every kind of caller.

Whatever is sent: no 5xx, no status and no body that the schema does not know, nothing without a token.
`EARMARK_FUZZ_EXAMPLES` makes it look longer.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from earmark_client import Library
from tests import sounds
from tests.live import ROOT, Site, running_site
from tests.reliability.installation import wait_for

EXAMPLES = os.environ.get("EARMARK_FUZZ_EXAMPLES", "4")
#: Left out are two that ask for more than the schema can say: that every file which is not audio is
#: refused though it is a "valid" form, and that 7 may stand for the name "7".
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance,use_after_free,ensure_resource_availability,ignored_auth"
)
#: An endless stream, and a way for the caller to lock itself out.
LEFT_OUT = ["--exclude-path", "/api/v1/events/", "--exclude-path", "/api/v1/account/tokens/{id}/"]


@pytest.fixture(scope="module")
def busy_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site with a track, and without rate limits."""
    folder = tmp_path_factory.mktemp("fuzzed")
    with running_site(folder, EARMARK_API_PER_MINUTE="10000000") as site:
        with Library(site.url, site.token("alice@example.org")) as library:
            track = library.upload(sounds.write(Path(folder) / "song.mp3", seconds=4))
            wait_for(lambda: library.track(track["id"])["status"] == "ready")
        yield site


def authorization(site: Site, caller: str) -> list[str]:
    if caller == "nobody":
        return []
    read_only = {"may_write": False, "may_delete": False} if caller == "a read-only token" else {}
    email = "charlie@example.org" if caller == "charlie" else "alice@example.org"
    return ["--header", f"Authorization: Bearer {site.token(email, **read_only)}"]


@pytest.mark.parametrize("caller", ["alice", "charlie", "a read-only token", "nobody"])
def test_nothing_unforeseen_is_answered(busy_site: Site, caller: str) -> None:
    run = subprocess.run(
        [
            sys.executable, "-m", "schemathesis.cli", "run", "docs/openapi.yaml", "--url", busy_site.url,
            *authorization(busy_site, caller), *LEFT_OUT, "--checks", CHECKS, "--max-examples", EXAMPLES,
            "--seed", "1", "--continue-on-failure", "--no-color", "--warnings", "off",
        ],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout
    assert "Tested:" in run.stdout
