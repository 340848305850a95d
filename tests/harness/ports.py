"""Ports for the programs. Each test worker has a range of its own, below the ones that the system gives to clients."""

import itertools
import os
import socket

_FIRST, _PER_WORKER = 18000, 800
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_begin = _FIRST + _worker * _PER_WORKER
_ports = itertools.cycle(range(_begin, _begin + _PER_WORKER))


def free_port() -> int:
    for port in itertools.islice(_ports, _PER_WORKER):
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
