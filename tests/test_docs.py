"""What the docs name exists: files, folders, functions, classes, settings."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = [
    ROOT / "CONTRIBUTING.md",
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
#: Pages about the code itself: there, names are checked as well as paths.
ABOUT_CODE = {"CONTRIBUTING.md", "architecture.md", "glossary.md"}
SOURCES = ("classifier", "clients", "config", "library", "static/css", "static/js", "templates", "tests")
CODE = re.compile(r"`([^`\n]+)`")
PATH = re.compile(r"(?:[\w.-]+/)*[\w.-]+\.(?:py|md|html|css|js|toml|svg|example)|(?:[\w.-]+/)+")
NAME = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
#: Names of Django, HTTP and Linux rather than of this code.
#: Folders that set-up or the running site makes.
MADE = ("var/", "files/", ".venv/", "static/vendor/", "build/")
OTHERS = {"LocaleMiddleware", "gettext", "makemigrations"}


def quoted(page: Path) -> Iterator[str]:
    """What stands in backticks, outside of blocks of code."""
    prose = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    yield from CODE.findall(prose)


@functools.cache
def files() -> set[str]:
    """Every file and folder of the sources, by its path and by every shorter ending of it."""
    paths = [
        path for path in ROOT.iterdir() if path.name[0] != "." or path.name in (".ci", ".python-version")
    ]
    for folder in (*SOURCES, "benchmarks", "deploy", "docs", "ml_models", "requirements", ".ci"):
        paths += [path for path in (ROOT / folder).rglob("*") if "node_modules" not in path.parts]
    endings = set()
    for path in paths:
        parts = path.relative_to(ROOT).parts
        endings |= {"/".join(parts[start:]) for start in range(len(parts))}
    return endings


@functools.cache
def words() -> set[str]:
    """Every word of the code."""
    found: set[str] = set()
    for folder in SOURCES:
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".py", ".html", ".css", ".js") and "vendor" not in path.parts:
                found |= set(re.findall(r"\w+", path.read_text()))
    return found | set(re.findall(r"\w+", (ROOT / "Makefile").read_text()))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_paths_exist(page: Path) -> None:
    named = {text for text in quoted(page) if PATH.fullmatch(text) and "…" not in text}
    missing = {text for text in named if text.rstrip("/") not in files() and not text.startswith(MADE)}
    assert not missing


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.name in ABOUT_CODE], ids=lambda page: page.name
)
def test_names_exist(page: Path) -> None:
    named = {text for text in quoted(page) if NAME.fullmatch(text) and not PATH.fullmatch(text)} - OTHERS
    assert not {text for text in named if not set(text.split(".")) <= words()}
