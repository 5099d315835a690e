"""The audit of what Earmark is made of tells three things apart: vulnerable, not vulnerable, and not asked."""

from __future__ import annotations

import datetime
import runpy
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
AUDIT: dict[str, Any] = runpy.run_path(str(ROOT / ".ci/audit.py"))
DAY = datetime.date(2026, 11, 23)


def test_what_pip_audit_finds_is_found() -> None:
    packages = [{"name": "django", "vulns": [{"id": "PYSEC-1"}]}, {"name": "numpy", "vulns": []}]
    assert AUDIT["of_pip_audit"]({"dependencies": packages}) == [("django", "PYSEC-1")]


def test_what_it_could_not_look_up_is_not_taken_for_sound() -> None:
    packages = [{"name": "numpy", "vulns": []}, {"name": "django", "skip_reason": "not found on PyPI"}]
    with pytest.raises(LookupError, match="1 of 2 packages: not found"):
        AUDIT["of_pip_audit"]({"dependencies": packages})


def test_what_npm_finds_is_found() -> None:
    via = ["another", {"url": "https://example.org/advisories/GHSA-1"}]
    assert AUDIT["of_npm"]({"vulnerabilities": {"htmx.org": {"via": via}}}) == [("htmx.org", "GHSA-1")]
    assert AUDIT["of_npm"]({"vulnerabilities": {}}) == []


def test_an_error_of_npms_is_not_taken_for_sound() -> None:
    with pytest.raises(LookupError, match="405"):
        AUDIT["of_npm"]({"message": "405 Method Not Allowed"})


def test_what_is_ignored_is_ignored_until_its_day() -> None:
    text = "# why\n\nGHSA-1 2026-11-23 never reached\nGHSA-2 2026-11-22 never reached\n"
    assert AUDIT["ignored_today"](text, DAY) == {"GHSA-1"}


def test_the_list_itself_can_be_read() -> None:
    AUDIT["ignored_today"]((ROOT / ".ci/audit-ignore.txt").read_text(), DAY)
