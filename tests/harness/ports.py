"""Ports for the programs. Each process that runs tests has a range of its own, below the ones that the system gives to clients."""

import fcntl
import itertools
import os
import socket
import tempfile
from typing import IO

_FIRST, _PER_PROCESS, _PROCESSES = 18000, 800, 18


def _own_range() -> tuple[IO, int]:
    """Locked against the other workers of this run, and against other runs: a port must be free again after a restart."""
    for n in range(_PROCESSES):
        try:
            lock = open(os.path.join(tempfile.gettempdir(), f"sluice-test-ports-{n}"), "w")
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:  # taken, or another user's
            continue
        return lock, _FIRST + n * _PER_PROCESS
    raise AssertionError(f"{_PROCESSES} processes run tests already")


_lock, _begin = _own_range()
_ports = itertools.cycle(range(_begin, _begin + _PER_PROCESS))


def free_port() -> int:
    for port in itertools.islice(_ports, _PER_PROCESS):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise AssertionError(f"no free port from {_begin} on")


def free_ports(count: int) -> int:
    """The first of `count` free ports in a row."""
    while True:
        first = free_port()
        rest = [free_port() for _ in range(count - 1)]
        if rest == list(range(first + 1, first + count)):
            return first
