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
    """What waits is bounded, and the metrics say how much it is."""
    limits = "limits: {pending_bytes: 16MiB, stream_pending_bytes: 8MiB}\n"
    collector = sandbox.collector(config=limits + kafka.config(own_broker, "text", "    queue_messages: 2000\n"))
    agent = sandbox.agent(sandbox.logs)
    files = [sandbox.log_file(f"w{n}/app.log") for n in range(3)]
    with writing(*files):
        for file in files:
            collector.wait_metric("sluice_collector_records_total", 1, timeout=30, topic=file.path.parent.name)
        own_broker.stop()
        large = sandbox.log_file("w0/large.log")
        large.append(*numbered("y" * 1000, 40_000))
        collector.wait_http("/readyz", 503, timeout=40)
        time.sleep(OUTAGE)  # the outage itself
        queue = collector.metric("sluice_collector_kafka_queue_messages")
        assert 2000 <= queue < 20_000, queue  # and what the last batch has
        assert collector.metric("sluice_collector_kafka_queue_bytes") > 0
        assert collector.metric("sluice_collector_log_healthy") == 0
        assert collector.metric("sluice_collector_ingest_pending_bytes") <= 16 << 20
        assert settings.SANITIZER or collector.status_kib("VmRSS") < 150 << 10
        own_broker.start()
    agent.wait_http("/readyz", timeout=90)
    for n, file in enumerate(files):
        expect_in_kafka(own_broker, f"w{n}", file.lines + (large.lines if n == 0 else []), 120)
        expect_order(own_broker, f"w{n}")
    assert collector.log().count("cannot deliver") == 1
    assert settings.SANITIZER or collector.status_kib("VmHWM") < 200 << 10
    wait_until(lambda: collector.metric("sluice_collector_kafka_queue_bytes") == 0, "an empty queue", 10)
    assert collector.metric("sluice_collector_kafka_queue_messages") == 0


def test_partitions_are_added_under_load(sandbox, own_broker):
    """A file stays where it is, also for the collector that comes after the one that knew it."""
    collector = sandbox.collector(config=kafka.config(own_broker))
    agent = sandbox.agent(sandbox.logs)
    old = [sandbox.log_file(f"app/old{n}.log") for n in range(12)]
    for file in old:
        file.append(*numbered("first", 10))
    expect_in_kafka(own_broker, "app", [line for file in old for line in file.lines])
    new = []

    def new_file_in_new_partition() -> bool:
        new.append(sandbox.log_file(f"app/new{len(new)}.log"))
        new[-1].append(*numbered("new", 10))
        return any(end > 0 for partition, end in own_broker.ends("app").items() if partition >= 3)

    with writing(*old, lines=5):
        own_broker.admin("TopicCommand", "--alter", "--topic", "app", "--partitions", "7")
        wait_until(new_file_in_new_partition, "a file in a new partition", 40)  # once the collector knows of them
        collector.stop()
        collector.start()
        agent.wait_http("/readyz", timeout=40)
    agent.wait_http("/readyz", timeout=40)
    expect_in_kafka(own_broker, "app", [line for file in old + new for line in file.lines], 60)
    expect_order(own_broker, "app")


def test_a_topic_is_deleted_under_load(sandbox, own_broker):
    """What was in it is gone; what comes later is in a new one, without a gap, once and in order."""
    sandbox.collector(config=kafka.config(own_broker))
    agent = sandbox.agent(sandbox.logs)
    file, other = sandbox.log_file("app/a.log"), sandbox.log_file("other/a.log")

    def messages() -> int:
        return sum(own_broker.ends("app").values())

    with writing(file, other):
        wait_until(lambda: messages() > 2000, "the topic", 30)
        own_broker.admin("TopicCommand", "--delete", "--topic", "app")
        gone = len(file.lines)
        wait_until(lambda: messages() < 2000, "the topic to be gone", 30)
        wait_until(lambda: messages() > 500, "the new topic", 90)
    agent.wait_http("/readyz", timeout=90)
    expect_in_kafka(own_broker, "other", other.lines, 60)
    lines = [line.decode() for line in file.lines]
    wait_until(lambda: own_broker.values("app")[-1:] == lines[-1:], "the last line", 60)
    found = own_broker.values("app")
    assert found == lines[-len(found) :], "a suffix"
    print(f"{len(lines) - len(found)} of {len(lines)} lines went with the topic, of which {gone} were written before")


def test_agents_that_move_between_collectors(sandbox, own_broker):
    """Collectors are stopped in turn, as for an upgrade: a broken connection, and never a line twice."""
    collectors, agent = two_collectors(sandbox, own_broker)
    files = [sandbox.log_file(f"w{n}/app.log") for n in range(3)]
    with writing(*files):
        wait_until(lambda: "w0" in own_broker.topics(), "the first topic", 30)
        for move in range(MOVES):
            collector, other = collectors[move % 2], collectors[(move + 1) % 2]
            collector.stop()
            before = other.records()
            agent.wait_http("/readyz", timeout=60)
            wait_until(lambda: other.records() > before, "records at the other one", 30)
            collector.start()
    agent.wait_http("/readyz", timeout=60)
    for n, file in enumerate(files):
        expect_in_kafka(own_broker, f"w{n}", file.lines, 120)
        expect_order(own_broker, f"w{n}")


@pytest.fixture
def slow(make_broker):
    """A broker that everybody, kcat too, reaches through a proxy that takes 150 ms each way."""
    broker = make_broker()
    proxy = SlowProxy(broker.port, 0.15)
    broker.environment["SLUICE_KAFKA_CONFIG"] = f"advertised.listeners=PLAINTEXT://{proxy.address}"
    try:
        yield broker.start()
    finally:
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
def test_who_waits_for_brokers_that_are_away_can_be_stopped(sandbox, own_broker):
    """The collector within the minute that its service has, and a tail that does not follow by itself."""
    collector = sandbox.collector(config=kafka.config(own_broker))
    sandbox.agent(sandbox.logs)
    file = sandbox.log_file("app/x.log")
    file.append("one")
    expect_in_kafka(own_broker, "app", file.lines)
    own_broker.kill()
    file.append("two")
    wait_until(lambda: collector.metric("sluice_collector_kafka_queue_messages") > 0, "a message that waits")
    done = sandbox.cli("tail", "app", "--no-follow", "--timeout=2s", "--output=raw", timeout=60)
    assert done.returncode == 1 and b"brokers" in done.stderr, done.stderr
    collector.stop(timeout=45)


def test_a_broker_whose_disk_is_full_and_that_is_started_again(sandbox, make_broker):
    """Brokers give up when their disk is full. What they had acknowledged is there afterwards, the rest comes once."""
    disk = sandbox.tmpfs("disk", "150m")
    broker = make_broker()
    broker.home.mkdir()
    (disk / "data").mkdir()
    (broker.home / "data").symlink_to(disk / "data")
    hog = disk / "hog"
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
