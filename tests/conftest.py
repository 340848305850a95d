"""Fixtures of the end-to-end tests."""

import os
from collections.abc import Callable, Iterator

import pytest

from tests.harness import settings
from tests.harness.kafka import Broker
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


# With --long, brokers of both lines that are promised; else the one that SLUICE_KAFKA_VERSION names.
KAFKA_VERSIONS = ["3.9.2", "4.3.1"] if settings.LONG else None


@pytest.fixture(scope="session", params=KAFKA_VERSIONS)
def kafka_version(request) -> dict[str, str]:
    """For a Broker's environment."""
    return {"SLUICE_KAFKA_VERSION": request.param} if KAFKA_VERSIONS else {}


@pytest.fixture(scope="session")
def broker(kafka_version, tmp_path_factory) -> Iterator[Broker]:
    """A broker for tests that only use it, each with a topic_prefix of its own."""
    shared = Broker(tmp_path_factory.mktemp("kafka"), **kafka_version)
    try:
        yield shared.start()
    finally:
        shared.stop()


@pytest.fixture
def make_broker(kafka_version, sandbox) -> Iterator[Callable[..., Broker]]:
    """Brokers with settings of their own, not started; their environment as keywords."""
    made: list[Broker] = []

    def make(**environment: str) -> Broker:
        made.append(Broker(sandbox.home / f"kafka{len(made)}", **{**kafka_version, **environment}))
        return made[-1]

    yield make
    for one in made:
        one.kill()


@pytest.fixture
def own_broker(make_broker) -> Broker:
    """A broker for a test that stops or breaks it."""
    return make_broker().start()


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounts a file system, or takes another user's rights: needs root")
