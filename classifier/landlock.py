"""A process closes the file system behind itself, but for what it names: landlock(7). Only the standard library.

It takes Linux 5.13 with Landlock switched on, and says nothing where there is none. From 6.7 on no TCP is to be had
either, and from 6.12 on no signals to processes outside.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION, _PATH_BENEATH = 1, 1
_WRITE_FILE, _READ_FILE, _READ_DIR, _REMOVE_FILE, _MAKE_REG, _TRUNCATE = (
    1 << bit for bit in (1, 2, 3, 5, 8, 14)
)
_READ = _READ_FILE | _READ_DIR
_WRITE = _READ | _WRITE_FILE | _REMOVE_FILE | _MAKE_REG | _TRUNCATE
_FOR_FILES = _WRITE_FILE | _READ_FILE | _TRUNCATE
#: How many rights over files each version knows, from the first on; later ones know as many as the last.
_RIGHTS = (13, 14, 15, 15, 16)
_TCP, _SOCKETS_AND_SIGNALS = 0b11, 0b11


def confine(*, read: Iterable[Path], write: Iterable[Path]) -> None:
    """Let this process, and what it starts, open nothing but what is at or below these paths, for good.

    What is open already stays open. Below `write`, files may be made and removed, too. Nothing can be executed.
    The process must have given up new privileges (`limits.isolate`).
    """
    if sys.platform != "linux":
        return
    syscall = ctypes.CDLL(None).syscall
    version = syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _ASK_VERSION)
    if version < 1:
        return
    known = (1 << _RIGHTS[min(version, len(_RIGHTS)) - 1]) - 1
    asked = struct.pack(
        "QQQ", known, _TCP if version >= 4 else 0, _SOCKETS_AND_SIGNALS if version >= 6 else 0
    )
    rules = syscall(_CREATE_RULESET, asked, ctypes.c_size_t(len(asked)), 0)
    for paths, rights in ((read, _READ), (write, _WRITE)):
        for path in paths:
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
            whole = stat.S_ISDIR(os.fstat(place).st_mode)
            allowed = struct.pack("=Qi", known & rights & (-1 if whole else _FOR_FILES), place)
            syscall(_ADD_RULE, rules, _PATH_BENEATH, allowed, 0)
            os.close(place)
    if syscall(_RESTRICT_SELF, rules, 0):
        raise OSError("This process cannot be confined.")
    os.close(rules)
