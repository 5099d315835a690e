"""Time on one core, memory of a process, and tables."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
#: The default model, and the one whose network the original project's way can run too.
MODEL, CNN = "msd-musicnn-1", "mfcc-cnn-1"
#: Libraries that would start threads of their own, in a process that is held to one core.
ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "NUMBA")}


def hold_to_one_core() -> None:
    """Keep this process, and those that it starts, on the last core that it may use (Linux)."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU time of this process for one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def rounds(runs: int, **works: Callable[[], object]) -> dict[str, list[float]]:
    """CPU seconds of each work, once a round, after one round that does not count.

    The works of a round follow one another, so that a busy moment of the machine meets all of them.
    """
    times: dict[str, list[float]] = {name: [] for name in works}
    for number in range(runs + 1):
        for name, work in works.items():
            seconds = cpu_seconds(work)
            if number:
                times[name].append(seconds)
    return times


def ratio(times: Sequence[float], peers: Sequence[float]) -> float:
    """The median of the rounds' ratios."""
    return median(mine / peer for mine, peer in zip(times, peers, strict=True))


def whole_process(*command: str) -> tuple[float, float]:
    """CPU seconds and peak resident MiB of a Python process, from its start to its end.

    The kernel counts the memory of this process as the other's first: call it from a small one.
    """
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env=os.environ | ONE_THREAD | {"TF_CPP_MIN_LOG_LEVEL": "3"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def process_seconds(pid: int) -> float:
    """CPU time that a running process and those of its children that have ended have taken (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def memory_mib(pid: int, field: str = "VmRSS") -> float:
    """Resident memory of a running process, now or at its peak (`VmHWM`), in MiB (Linux)."""
    found = re.search(rf"{field}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1]) / 1024


def table(title: str, rows: Sequence[tuple[str, str]]) -> None:
    """Print a title and aligned rows."""
    print(f"\n{title}")
    for name, figure in rows:
        print(f"  {name:<58} {figure:>12}")
    sys.stdout.flush()
