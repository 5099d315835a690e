"""Limits a process sets itself before it reads what strangers have uploaded. Only the standard library."""

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

# Numbers of the Linux kernel's interface: prctl(2), capabilities(7).
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_CAPABILITIES_VERSION = 0x20080522
#: CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH: a site that runs as root may keep its files under another owner.
_KEPT_CAPABILITIES = 1 << 1 | 1 << 2


class TooMuch(Exception):  # noqa: N818 - it says what happened
    """Something took more time than it is worth."""


def isolate() -> None:
    """Give up what reading files does not need: the network, privileges, and ever gaining them again.

    Called before the process has threads. The network goes where the system lets a process have a network
    namespace of its own: as root, or where users may make namespaces. Elsewhere it stays.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform != "linux":
        return
    try:
        os.unshare(os.CLONE_NEWNET)
    except OSError:
        with suppress(OSError):
            _own_network_as_a_user()
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_VERSION, 0)
    sets = (ctypes.c_uint32 * 6)()  # effective, permitted and inheritable, the lower and the upper half
    if not libc.capget(header, sets):
        libc.capset(header, (ctypes.c_uint32 * 6)(*(kept & _KEPT_CAPABILITIES for kept in sets[:3]), 0, 0, 0))


def _own_network_as_a_user() -> None:
    """Leave the network as users may who may do little else: as root of a namespace where nobody else is."""
    user, group = os.getuid(), os.getgid()
    os.unshare(os.CLONE_NEWUSER | os.CLONE_NEWNET)
    # Without a name for itself the process works as well.
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def die_with_parent() -> None:
    """Be killed when the process that started this one ends, however it does (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def limit_memory(extra: int) -> None:
    """Allow `extra` bytes of address space beyond what is taken now (Linux)."""
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (_address_space() + extra,) * 2)


def limit_cpu_time(seconds: int, hard: int | None = None) -> None:
    """Allow that much CPU time from now on; beyond it the kernel ends the process by SIGXCPU.

    Beyond `hard`, which cannot be raised again, it does so by SIGKILL.
    """
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = int(usage.ru_utime + usage.ru_stime) + 1
    most = resource.getrlimit(resource.RLIMIT_CPU)[1] if hard is None else used + hard
    resource.setrlimit(resource.RLIMIT_CPU, (used + seconds, most))


def limit_file_size(size: int) -> None:
    """No file may be written beyond that many bytes."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@contextmanager
def bounded(*, seconds: float, memory: int) -> Iterator[None]:
    """Give what is done within so much CPU time and additional memory, and no more.

    Out of memory it gets a MemoryError; out of time, TooMuch, and again each second, since libraries catch what
    they should not. Only Python code can be interrupted so; in the main thread only.
    """
    limits = resource.getrlimit(resource.RLIMIT_AS)
    if sys.platform == "linux":
        soft = _address_space() + memory
        resource.setrlimit(resource.RLIMIT_AS, (_least(soft, limits), limits[1]))
    before = signal.signal(signal.SIGPROF, _too_much)
    signal.setitimer(signal.ITIMER_PROF, seconds, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
        resource.setrlimit(resource.RLIMIT_AS, limits)


def _least(soft: int, limits: tuple[int, int]) -> int:
    return min([soft, *(limit for limit in limits if limit != resource.RLIM_INFINITY)])


def _too_much(number: int, frame: FrameType | None) -> None:
    raise TooMuch


def _address_space() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
