"""The log in Kafka on bad days: what `kcat` finds afterwards is every line, once, in the order of its file.

`./dev test --long` makes them longer.
"""

import contextlib
import errno
import threading
import time

import pytest

from tests.conftest import needs_root
from tests.harness import kafka, settings
from tests.harness.logfile import numbered
from tests.harness.slow_proxy import SlowProxy
from tests.harness.waiting import wait_until
from tests.kafka_test import expect_in_kafka, expect_order

OUTAGE = 60 if settings.LONG else 6
MOVES = 20 if settings.LONG else 4


@contextlib.contextmanager
def writing(*files, lines: int = 20, pause: float = 0.02):
    """Writes to the files as long as it lasts."""
    stopping = threading.Event()

    def write() -> None:
        number = 0
        while not stopping.wait(pause):
            for file in files:
                file.append(*(f"{file.path.parent.name} {i:08d} {'x' * 80}" for i in range(number, number + lines)))
            number += lines

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    try:
        yield
    finally:
        stopping.set()
        writer.join()


def two_collectors(sandbox, broker):
    collectors = [sandbox.collector(name=f"collector{n}", config=kafka.config(broker)) for n in range(2)]
    addresses = ", ".join(c.address for c in collectors)
    agent = sandbox.agent(sandbox.logs, config=f"collector: {{addresses: [{addresses}]}}\n", collector="")
    return collectors, agent


def test_an_outage_under_load(sandbox, own_broker):
    collector = sandbox.collector(config=kafka.config(own_broker))
    agent = sandbox.agent(sandbox.logs)
    files = [sandbox.log_file(f"w{n}/app.log") for n in range(3)]
    with writing(*files):
        wait_until(lambda: "w0" in own_broker.topics(), "the first topic", 30)
        own_broker.stop()
        collector.wait_http("/readyz", 503, timeout=40)
        time.sleep(OUTAGE)  # the outage itself
        own_broker.start()
    agent.wait_http("/readyz", timeout=90)
    for n, file in enumerate(files):
        expect_in_kafka(own_broker, f"w{n}", file.lines, 120)
        expect_order(own_broker, f"w{n}")
    assert collector.log().count("cannot deliver") == 1
    assert collector.status_kib("VmHWM") < 200 << 10


def test_agents_that_move_between_collectors(sandbox, own_broker):
    """Collectors are stopped in turn, as for an upgrade: a broken connection, and never a line twice."""
    collectors, agent = two_collectors(sandbox, own_broker)
    files = [sandbox.log_file(f"w{n}/app.log") for n in range(3)]
    with writing(*files):
        wait_until(lambda: "w0" in own_broker.topics(), "the first topic", 30)
        for move in range(MOVES):
            collector = collectors[move % 2]
            collector.stop()
            agent.wait_http("/readyz", timeout=60)
            collector.start()
    agent.wait_http("/readyz", timeout=60)
    for n, file in enumerate(files):
        expect_in_kafka(own_broker, f"w{n}", file.lines, 120)
        expect_order(own_broker, f"w{n}")


@pytest.fixture
def slow(sandbox):
    """A broker that everybody, kcat too, reaches through a proxy that takes 150 ms each way."""
    broker = kafka.Broker(sandbox.home / "kafka")
    proxy = SlowProxy(broker.port, 0.15)
    broker.environment["SLUICE_KAFKA_CONFIG"] = f"advertised.listeners=PLAINTEXT://{proxy.address}"
    try:
        yield broker.start()
    finally:
        broker.kill()
        proxy.close()


def test_a_slow_broker_costs_time_and_nothing_else(sandbox, slow):
    collector = sandbox.collector(config=kafka.config(slow))
    files = [sandbox.log_file(f"w{n}/app.log") for n in range(3)]
    for n, file in enumerate(files):
        file.append(*numbered(f"w{n} {'x' * 80}", 20_000))
    agent = sandbox.agent(sandbox.logs)
    begin, cpu = time.monotonic(), collector.cpu_seconds()
    agent.wait_metric("sluice_agent_records_acked_total", 60_000, timeout=180)
    wall = time.monotonic() - begin
    for n, file in enumerate(files):
        expect_in_kafka(slow, f"w{n}", file.lines, 120)
        expect_order(slow, f"w{n}")
    assert collector.status_kib("VmHWM") < 200 << 10
    # Nobody looks all the time whether it may go on.
    if not settings.SANITIZER:
        assert collector.cpu_seconds() - cpu < wall / 2 + 1


def fill(path) -> None:
    """Until nothing fits on its disk any more."""
    try:
        with open(path, "ab", buffering=0) as hog:
            while True:
                hog.write(bytes(4096))
    except OSError as error:
        assert error.errno == errno.ENOSPC


@needs_root
def test_a_broker_whose_disk_is_full_and_that_is_started_again(sandbox):
    """Brokers give up when their disk is full. What they had acknowledged is there afterwards, the rest comes once."""
    disk = sandbox.tmpfs("disk", "150m")
    broker = kafka.Broker(sandbox.home / "kafka")
    broker.home.mkdir()
    (disk / "data").mkdir()
    (broker.home / "data").symlink_to(disk / "data")
    hog = disk / "hog"
    try:
        broker.start()
        collector = sandbox.collector(config=kafka.config(broker))
        agent = sandbox.agent(sandbox.logs)
        files = [sandbox.log_file(f"w{n}/app.log") for n in range(3)]
        with writing(*files):
            wait_until(lambda: "w2" in broker.topics(), "the topics", 30)
            fill(hog)
            collector.wait_http("/readyz", 503, timeout=90)
            broker.kill()
            # It may start and end again, or not start at all.
            with contextlib.suppress(AssertionError):
                broker.start()
                collector.wait_http("/readyz", 503, timeout=5)
            broker.kill()
            hog.unlink()
            broker.start()
        agent.wait_http("/readyz", timeout=90)
        for n, file in enumerate(files):
            expect_in_kafka(broker, f"w{n}", file.lines, 120)
            expect_order(broker, f"w{n}")
    finally:
        broker.kill()
