"""Limits that a process sets itself before it reads strangers' files. Only the standard library is imported."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

# Constants of the Linux kernel's interface: prctl(2), capabilities(7).
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_CAPABILITIES_VERSION = 0x20080522
#: CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH: a site that runs as root may have files that belong to another user.
_KEPT_CAPABILITIES = 1 << 1 | 1 << 2


class TimeLimitExceeded(Exception):  # noqa: N818 - says what happened
    """The code in a `resource_limits` block used up its CPU time."""


def isolate() -> None:
    """Give up what reading files does not need: the network and privileges, for good.

    Must be called before the process has threads. Leaving the network takes the right to create a network namespace,
    which root has and users have on some systems. Elsewhere the process keeps the network.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform != "linux":
        return
    try:
        os.unshare(os.CLONE_NEWNET)
    except OSError:
        with suppress(OSError):
            _unshare_network_as_user()
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_VERSION, 0)
    sets = (ctypes.c_uint32 * 6)()  # effective, permitted and inheritable, the lower and the upper half
    if not libc.capget(header, sets):
        libc.capset(header, (ctypes.c_uint32 * 6)(*(kept & _KEPT_CAPABILITIES for kept in sets[:3]), 0, 0, 0))


def _unshare_network_as_user() -> None:
    """Enter a new network namespace without root, through a new user namespace."""
    user, group = os.getuid(), os.getgid()
    os.unshare(os.CLONE_NEWUSER | os.CLONE_NEWNET)
    # Keep the process's user and group ids. It works without them, should this fail.
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent ends, for whatever reason (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def limit_memory(extra: int) -> None:
    """Allow `extra` bytes of address space in addition to what is in use now (Linux only)."""
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (_address_space() + extra,) * 2)


def limit_cpu_time(seconds: int, hard: int | None = None) -> None:
    """Allow `seconds` of CPU time from now on. After that the kernel ends the process with SIGXCPU.

    After `hard` seconds it does so with SIGKILL; unlike the first limit, that one cannot be raised again.
    """
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = int(usage.ru_utime + usage.ru_stime) + 1
    most = resource.getrlimit(resource.RLIMIT_CPU)[1] if hard is None else used + hard
    resource.setrlimit(resource.RLIMIT_CPU, (used + seconds, most))


def limit_file_size(size: int) -> None:
    """Prevent this process from writing files larger than `size` bytes."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@contextmanager
def resource_limits(*, seconds: float, memory: int) -> Iterator[None]:
    """Limit CPU time (seconds) and additional memory (bytes) within the block.

    Beyond the memory limit a MemoryError is raised. Beyond the time limit TimeLimitExceeded is raised, and again every
    second, because libraries may catch it. Only Python code can be interrupted, and only in the main thread.
    """
    limits = resource.getrlimit(resource.RLIMIT_AS)
    if sys.platform == "linux":
        soft = _address_space() + memory
        resource.setrlimit(resource.RLIMIT_AS, (_soft_limit(soft, limits), limits[1]))
    before = signal.signal(signal.SIGPROF, _raise_time_limit_exceeded)
    signal.setitimer(signal.ITIMER_PROF, seconds, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
        resource.setrlimit(resource.RLIMIT_AS, limits)


def _soft_limit(soft: int, limits: tuple[int, int]) -> int:
    return min([soft, *(limit for limit in limits if limit != resource.RLIM_INFINITY)])


def _raise_time_limit_exceeded(number: int, frame: FrameType | None) -> None:
    raise TimeLimitExceeded


def _address_space() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
