"""Whether anything Earmark is made of is known to be vulnerable: asks the advisories of PyPI and npm.

    python .ci/audit.py

Ends with 1 when something is, and with 0 when nothing is or the advisories could not be asked; then it says so in
capitals. What is known and does not matter here stands in `audit-ignore.txt`, each with a day on which to look again.
"""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
IGNORED = HERE / "audit-ignore.txt"


def main() -> int:
    ignored, found, unasked = ignored_today(IGNORED.read_text(), datetime.date.today()), [], []
    # All that is installed anywhere: what the site needs, and what tests and builds it.
    for name, look in (("PyPI", pypi), ("npm", npm)):
        try:
            advisories = look()
        except (LookupError, ValueError, OSError, subprocess.SubprocessError) as error:
            unasked.append(f"COULD NOT ASK {name}: {error}")
            continue
        found += [
            f"{name}: {package}: {advisory}" for package, advisory in advisories if advisory not in ignored
        ]
        print(f"{name}: asked; {len(advisories)} known, {len(ignored)} ignored.")
    for line in found + unasked:
        print(line)
    return 1 if found else 0


def ignored_today(text: str, today: datetime.date) -> set[str]:
    """Advisories that are not to be minded, up to their day: lines of `ID YYYY-MM-DD why`."""
    lines = [
        line.split(maxsplit=2) for line in text.splitlines() if line.strip() and not line.startswith("#")
    ]
    return {advisory for advisory, day, _why in lines if datetime.date.fromisoformat(day) >= today}


def pypi() -> list[tuple[str, str]]:
    """Package and advisory. Raises LookupError when PyPI could not be asked about each package."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(HERE.parent / "requirements/dev.txt")]
    command += [
        "--disable-pip",
        "--require-hashes",
        "--progress-spinner=off",
        "--timeout=10",
        "--format=json",
    ]
    return of_pip_audit(answer_of(command))


def of_pip_audit(answer: Any) -> list[tuple[str, str]]:
    packages = answer["dependencies"]
    if skipped := [package for package in packages if "skip_reason" in package]:
        # It calls that "no known vulnerabilities".
        raise LookupError(f"{len(skipped)} of {len(packages)} packages: {skipped[0]['skip_reason']}")
    return [(package["name"], advisory["id"]) for package in packages for advisory in package["vulns"]]


def npm() -> list[tuple[str, str]]:
    """Package and advisory. Raises LookupError when the registry does not answer."""
    return of_npm(answer_of(["npm", "audit", "--json"]))


def of_npm(answer: Any) -> list[tuple[str, str]]:
    if "vulnerabilities" not in answer:
        raise LookupError(answer.get("message") or answer.get("error") or "no answer")
    return [
        (name, via["url"].rpartition("/")[2])
        for name, package in answer["vulnerabilities"].items()
        for via in package["via"]
        if isinstance(via, dict)
    ]


def answer_of(command: list[str]) -> Any:
    done = subprocess.run(command, cwd=HERE.parent, capture_output=True, text=True, timeout=300)  # noqa: S603 - ours
    if not done.stdout:
        raise LookupError(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "no answer")
    return json.loads(done.stdout)


if __name__ == "__main__":
    sys.exit(main())
