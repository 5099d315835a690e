"""Limits a process sets itself before it reads what strangers have uploaded. Only the standard library."""

from __future__ import annotations

import ctypes
import resource
import sys
from pathlib import Path

_PR_SET_NO_NEW_PRIVS = 38


def limit_memory(extra: int) -> None:
    """Allow `extra` bytes of address space beyond what is taken now; no core dumps, no new privileges."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform != "linux":
        return
    taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + extra, taken + extra))
    ctypes.CDLL(None).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def limit_cpu_time(seconds: int) -> None:
    """Allow that much CPU time from now on; beyond it the kernel ends the process by SIGXCPU."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + seconds + 1, hard))


def limit_file_size(size: int) -> None:
    """No file may be written beyond that many bytes."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
