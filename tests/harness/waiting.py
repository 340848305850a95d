"""Waiting for what a test waits for."""

import time
from collections.abc import Callable
from typing import TypeVar

from tests.harness import settings

T = TypeVar("T")


def wait_until(condition: Callable[[], T], what: str | Callable[[], str], timeout: float = 20) -> T:
    """Calls `condition` until it gives something true, and returns that. Fails with `what` when the time is up."""
    deadline = time.monotonic() + settings.scaled(timeout)
    pause = 0.002
    while True:
        if value := condition():
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {settings.scaled(timeout):g} s: {what if isinstance(what, str) else what()}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.05)


def holds_for(condition: Callable[[], bool], what: str, seconds: float) -> None:
    """For what must not happen: fails as soon as `condition` is false within `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert condition(), what
        time.sleep(0.01)
