"""Fixtures of the end-to-end tests."""

import os
from collections.abc import Iterator

import pytest

from tests.harness import settings
from tests.harness.sandbox import Sandbox

os.environ.update(settings.sanitizer_environment())  # every program inherits it


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    sandbox = item.funcargs.get("sandbox") if hasattr(item, "funcargs") else None
    if sandbox is not None and report.when == "call" and report.failed:
        report.sections.append(("programs", sandbox.describe()))


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A directory and the programs that the test starts in it."""
    box = Sandbox()
    try:
        yield box
        reports = list(box.sanitizer_reports())
        assert not reports, "\n".join(reports)
    finally:
        box.close()


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounts a file system, or takes another user's rights: needs root")
