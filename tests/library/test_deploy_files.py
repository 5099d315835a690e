"""Each deployment file is read by the program it is for, or by a linter."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())


def run(*command: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=False, **options
    )


def program(name: str) -> str:
    """The program's path; skips the test if it is not installed."""
    found = shutil.which(name, path=f"{Path(sys.executable).parent}:/usr/sbin:/usr/bin:/bin")
    if not found:
        pytest.skip(f"{name} is not installed here")
    return found


class TestContainerfile:
    def test_hadolint_finds_nothing(self) -> None:
        done = run(program("hadolint"), "--no-color", DEPLOY / "Containerfile")
        assert (done.returncode, done.stdout) == (0, "")

    def test_what_it_copies_is_there(self) -> None:
        copied = re.findall(
            r"^COPY (?!--from)(.+) \S+$", (DEPLOY / "Containerfile").read_text(), re.MULTILINE
        )
        assert copied
        for name in " ".join(copied).split():
            assert (ROOT / name).exists(), name


class TestCompose:
    @pytest.fixture
    def services(self) -> dict:
        return yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]

    def test_web_and_worker_are_one_image_without_privileges(self, services: dict) -> None:
        for name in ("web", "worker"):
            service = services[name]
            assert service["build"]["dockerfile"] == "deploy/Containerfile"
            assert service["cap_drop"] == ["ALL"]
            assert service["read_only"]
            assert service["volumes"] == ["data:/data"]

    def test_nobody_outside_reaches_a_port(self, services: dict) -> None:
        ports = [port for service in services.values() for port in service.get("ports", [])]
        assert ports == ["127.0.0.1:8000:8000"]

    def test_no_password_is_in_it(self, services: dict) -> None:
        assert services["database"]["environment"]["POSTGRES_PASSWORD"].startswith("${POSTGRES_PASSWORD:?")
        assert "${POSTGRES_PASSWORD:?" in services["web"]["environment"]["EARMARK_DATABASE_URL"]

    def test_compose_understands_it(self, tmp_path: Path) -> None:
        shutil.copy(DEPLOY / "compose.yaml", tmp_path)
        shutil.copy(DEPLOY / "earmark.env.example", tmp_path / "earmark.env")
        (tmp_path / ".env").write_text("POSTGRES_PASSWORD=secret\n")
        done = run(program("docker-compose"), "config", "--quiet", cwd=tmp_path)
        assert done.returncode == 0, done.stderr


class TestUnits:
    def test_systemd_understands_them(self, tmp_path: Path) -> None:
        """With paths of this checkout instead of /opt/earmark, because systemd checks that the programs exist."""
        verify = program("systemd-analyze")
        for unit in UNITS:
            text = unit.read_text().replace("/opt/earmark/.venv", sys.prefix)
            (tmp_path / unit.name).write_text(text.replace("/opt/earmark", str(ROOT)))
        done = run(verify, "verify", "--man=no", *sorted(tmp_path.glob("*.service")))
        ours = [line for line in done.stderr.splitlines() if "earmark" in line]
        assert (done.returncode, ours) == (0, [])

    @pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
    def test_they_are_shut_in(self, unit: Path) -> None:
        """systemd-analyze rates their exposure at no more than 2.5 of 10."""
        done = run(program("systemd-analyze"), "security", "--offline=true", "--threshold=25", unit)
        assert done.returncode == 0, done.stdout


class TestNginx:
    def test_nginx_understands_it(self, tmp_path: Path) -> None:
        nginx, openssl = program("nginx"), program("openssl")
        made = run(
            openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
            "-subj", "/CN=music.example.org",
            "-keyout", tmp_path / "privkey.pem", "-out", tmp_path / "fullchain.pem",
        )  # fmt: skip
        assert made.returncode == 0, made.stderr
        ours = (DEPLOY / "nginx.conf").read_text().replace("/etc/ssl/earmark", str(tmp_path))
        (tmp_path / "earmark.conf").write_text(ours)
        whole = tmp_path / "nginx.conf"
        whole.write_text(f"pid {tmp_path}/pid; events {{}} http {{ include {tmp_path}/earmark.conf; }}")
        done = run(nginx, "-t", "-c", whole, "-p", tmp_path)
        assert done.returncode == 0, done.stderr
        assert "warn" not in done.stderr

    def test_it_gives_files_at_the_address_that_the_site_names(self) -> None:
        text = (DEPLOY / "nginx.conf").read_text()
        block = re.search(r"location /private-files/ \{(.*?)\}", text, re.DOTALL)
        assert block
        assert "internal;" in block[1]
        assert "alias /var/lib/earmark/files/;" in block[1]

    def test_a_listener_may_pause(self) -> None:
        """nginx waits for at least ten minutes, and keeps no copy of the music meanwhile."""
        text = (DEPLOY / "nginx.conf").read_text()
        (waits,) = re.findall(r"^\s*send_timeout (\d+)(s|m|h);", text, re.MULTILINE)
        assert int(waits[0]) * {"s": 1, "m": 60, "h": 3600}[waits[1]] >= 600
        assert "proxy_max_temp_file_size 0;" in text
