"""Helpers of the benchmarks: CPU time on one core, memory of a process, and tables."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
#: The default model, and the one whose network the original project's method can run.
MODEL, CNN = "msd-musicnn-1", "mfcc-cnn-1"
#: Environment variables that keep libraries from starting threads.
ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "NUMBA")}


def pin_to_one_core() -> None:
    """Restrict this process and those that it starts to the last core that it may use (Linux)."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def cpu_seconds(work: Callable[[], object]) -> float:
    """Return this process's CPU time for one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def cpu_seconds_by_round(runs: int, **works: Callable[[], object]) -> dict[str, list[float]]:
    """Return the CPU seconds of each function in each round, after a first round that is not counted.

    In a round, all functions are called in turn, so that a busy moment of the machine affects all of them.
    """
    times: dict[str, list[float]] = {name: [] for name in works}
    for number in range(runs + 1):
        for name, work in works.items():
            seconds = cpu_seconds(work)
            if number:
                times[name].append(seconds)
    return times


def median_ratio(times: Sequence[float], peers: Sequence[float]) -> float:
    """Return the median of the rounds' ratios."""
    return median(mine / peer for mine, peer in zip(times, peers, strict=True))


def run_process(*command: str) -> tuple[float, float]:
    """Run a Python process and return its CPU seconds and peak resident MiB.

    The new process starts as a copy of this one, and its peak includes that, so this process must be small.
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
    """Return the CPU time of a running process and of its children that have ended (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def descendants(pid: int | None = None) -> list[int]:
    """Return the running descendants of a process, by default of this one (Linux)."""
    children = defaultdict(list)
    for process in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        children[parent].append(int(process.name))
    found, wanted = [], [pid or os.getpid()]
    while wanted:
        started = children[wanted.pop()]
        found += started
        wanted += started
    return found


def memory_mib(pid: int, field: str = "VmRSS") -> float:
    """Return the resident memory of a running process in MiB: now (`VmRSS`) or at its peak (`VmHWM`) (Linux)."""
    found = re.search(rf"{field}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1]) / 1024


def print_table(title: str, rows: Sequence[tuple[str, str]]) -> None:
    """Print a title and aligned rows."""
    print(f"\n{title}")
    for name, figure in rows:
        print(f"  {name:<58} {figure:>12}")
    sys.stdout.flush()


def write_between(page: Path, mark: str, text: str) -> None:
    """Replace what a page has between `<!-- mark -->` and the next `<!-- to here -->`."""
    begin, end = f"<!-- {mark} -->\n", "<!-- to here -->\n"
    before, rest = page.read_text().split(begin)
    page.write_text(before + begin + text + end + rest.partition(end)[2])
