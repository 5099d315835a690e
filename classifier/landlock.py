"""Restrict this process to the named paths with Landlock, see landlock(7). Only the standard library is imported.

Needs Linux 5.13 with Landlock switched on, and does nothing elsewhere. From 6.7 on it also denies TCP, from 6.12 on
abstract Unix sockets and signals to processes outside.
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
#: Number of file access rights by Landlock version, starting with version 1. Later versions have as many as the last.
_RIGHTS = (13, 14, 15, 15, 16)
_TCP, _SOCKETS_AND_SIGNALS = 0b11, 0b11


def confine(*, read: Iterable[Path], write: Iterable[Path]) -> None:
    """Allow this process and its children to open only files at or below these paths, for good.

    Files that are already open stay open. Below `write`, files may be created and removed as well. Nothing can be
    executed. The process must have given up gaining privileges (`limits.isolate`).
    """
    if sys.platform != "linux":
        return
    syscall = ctypes.CDLL(None).syscall
    version = syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _ASK_VERSION)
    if version < 1:
        return
    supported = (1 << _RIGHTS[min(version, len(_RIGHTS)) - 1]) - 1
    attributes = struct.pack(
        "QQQ", supported, _TCP if version >= 4 else 0, _SOCKETS_AND_SIGNALS if version >= 6 else 0
    )
    rules = syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)
    for paths, rights in ((read, _READ), (write, _WRITE)):
        for path in paths:
            descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
            is_directory = stat.S_ISDIR(os.fstat(descriptor).st_mode)
            allowed = struct.pack(
                "=Qi", supported & rights & (-1 if is_directory else _FOR_FILES), descriptor
            )
            syscall(_ADD_RULE, rules, _PATH_BENEATH, allowed, 0)
            os.close(descriptor)
    if syscall(_RESTRICT_SELF, rules, 0):
        raise OSError("Landlock could not restrict this process.")
    os.close(rules)
