"""The log in Kafka, with a real broker: what `kcat` finds in it is counted line by line.

`./dev test --long` plays the chaos for minutes.
"""

import base64
import collections
import json
import os
import random
import subprocess
import threading
import time

import pytest

from tests.harness import http, kafka, ports, settings
from tests.harness.logfile import numbered
from tests.harness.waiting import wait_until

KILLS = 60 if settings.LONG else 12


def prefix(name: str) -> str:
    return f"    topic_prefix: {name}-\n"


def expect_in_kafka(broker: kafka.Broker, topic: str, lines: list[bytes], timeout: float = 40, repeats_max: int = 0) -> int:
    """Every line, and nothing else; how many are there a second time."""
    wanted = collections.Counter(line.decode() for line in lines)

    def missing() -> collections.Counter:
        return wanted - collections.Counter(broker.values(topic))

    wait_until(lambda: not missing(), lambda: f"{topic}: {missing().total()} of {len(lines)} lines are missing", timeout)
    found = collections.Counter(broker.values(topic))
    assert not found.keys() - wanted.keys(), f"{topic}: {list(found.keys() - wanted.keys())[:3]} are no lines"
    repeated = found - wanted
    assert repeated.total() <= repeats_max, f"{topic}: {repeated.total()} repeats: {list(repeated)[:3]}"
    return repeated.total()


def expect_order(broker: kafka.Broker, topic: str, repeats: bool = False) -> None:
    """Of each file (the key) the offsets ascend, and all lie in one partition. `repeats`: what comes again may be anywhere."""
    last: dict[str, int] = {}
    where: dict[str, str] = {}
    seen: set[tuple[str, int]] = set()
    for partition, _, key, headers, *_ in broker.messages(topic):
        offset = int(dict(h.split("=", 1) for h in headers.split(",") if "=" in h)["offset"])
        assert where.setdefault(key, partition) == partition
        if repeats and (key, offset) in seen:
            continue
        seen.add((key, offset))
        assert offset > last.get(key, -1), f"{topic}, {key}: {offset} behind {last[key]}"
        last[key] = offset


@pytest.mark.parametrize("value_format", ["protobuf", "json", "text"])
def test_what_is_read_back_is_what_was_written(sandbox, broker, value_format):
    name = f"rt-{value_format}"
    sandbox.collector(config=kafka.config(broker, value_format, prefix(name)))
    file = sandbox.log_file("app/a.log")
    file.append("2026-11-20T10:00:00.123456Z ERROR first", "", "with \"quotes\" \\ and \ttab", "no level at all")
    file.append(b"bytes \xff\xfe that are no text", b"ends with CR\r")
    sandbox.agent(sandbox.logs)
    sandbox.expect("app", file.lines, timeout=40)
    records = [json.loads(line) for line in sandbox.raw("app", "--output=json")]
    assert [r["offset"] for r in records] == sorted(r["offset"] for r in records)
    assert records[0]["severity"] == "ERROR"
    if value_format == "text":
        return
    assert len(broker.messages(f"{name}-app", "%o\n")) == len(file.lines)


@pytest.mark.skipif(settings.LONG, reason="every test runs with both versions")
def test_a_broker_of_the_other_version(sandbox, make_broker):
    """The default run's look at 4.x: delivery, a kill, reading back, a consumer group."""
    broker = make_broker(SLUICE_KAFKA_VERSION="4.3.1").start()
    collector = sandbox.collector(config=kafka.config(broker, "json"))
    file = sandbox.log_file("app/a.log")
    file.append(*numbered("before", 500))
    sandbox.agent(sandbox.logs)
    expect_in_kafka_as_json(broker, "app", file.lines)
    collector.kill()
    file.append(*numbered("after", 500))
    collector.start()
    expect_in_kafka_as_json(broker, "app", file.lines)
    member = sandbox.tail("app", "--group=g", "--from=beginning", "--output=raw")
    assert member.wait_lines(1000, 60) == file.lines


def expect_in_kafka_as_json(broker: kafka.Broker, topic: str, lines: list[bytes]) -> None:
    wait_until(lambda: len(broker.values(topic)) >= len(lines), f"{len(lines)} messages", 40)
    assert [json.loads(value)["body"].encode() for value in broker.values(topic)] == lines


def test_dev_gives_a_broker(sandbox):
    """`./dev kafka start|stop`, as docs/kafka.md says."""
    port = ports.free_ports(5)
    environment = {**os.environ, "SLUICE_KAFKA_PORT": str(port)}

    def dev(verb: str) -> str:
        command = [str(settings.ROOT / "dev"), "kafka", verb, str(sandbox.home / "kafka")]
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def answers() -> bool:
        return subprocess.run(["kcat", "-b", f"127.0.0.1:{port}", "-L", "-m", "2"], capture_output=True, check=False).returncode == 0

    try:
        assert f"a broker on 127.0.0.1:{port}" in dev("start")
        assert answers()
    finally:
        dev("stop")
    assert not answers()


def test_messages_name_their_line(sandbox, broker):
    """Key, timestamp and headers, as docs/kafka.md says; the value is the line."""
    sandbox.collector(config=kafka.config(broker, "text", prefix("hd")))
    file = sandbox.log_file("app/a.log")
    file.append("2026-11-20T10:00:00Z WARN low", "2026-11-20T10:00:01Z INFO next")
    agent = sandbox.agent(config=f"sources: [{{name: shop, root: {sandbox.logs}, labels: {{team: red, tier: web}}}}]\n")
    expect_in_kafka(broker, "hd-app", file.lines)
    (partition, _, key, headers, time_, value), second = broker.messages("hd-app", "%p\t%o\t%k\t%h\t%T\t%s\n")
    assert key.startswith("agent-1/") and len(key.split(":")) == 4
    assert time_ == "1795168800000" and value == "2026-11-20T10:00:00Z WARN low"
    assert second[0] == partition and "offset=30" in second[3]
    record = json.loads(sandbox.raw("app", "--output=json")[0])
    assert record["source"] == "shop" and record["host"] and record["labels"] == {"team": "red", "tier": "web"}
    assert headers == (
        f'agent={agent.agent_id},host={record["host"]},path={file.path},labels={{"team":"red","tier":"web"}},'
        "offset=0,severity=WARN,sluice=t30 1795168800000000000 0 shop"
    )


def test_a_message_has_no_time_that_lies_ahead(sandbox, broker):
    """Kafka refuses those; the record keeps what its line names. Who names none comes from now."""
    sandbox.collector(config=kafka.config(broker, "json", prefix("ti")))
    file = sandbox.log_file("app/a.log")
    file.append("2099-11-20T10:00:00Z WARN ahead", "no time at all")
    sandbox.agent(sandbox.logs)
    sandbox.expect("app", file.lines, timeout=40)
    now = time.time() * 1000
    for (milliseconds,) in broker.messages("ti-app", "%T\n"):
        assert now - 60_000 < int(milliseconds) < now + 60_000
    ahead = json.loads(sandbox.raw("app", "--output=json")[0])
    assert ahead["time"].startswith("2099-11-20T10:00:00")


def values_by_kcat(broker: kafka.Broker, topic: str) -> list[bytes]:
    """Each value by itself: it may have any bytes in it."""
    places = broker.messages(topic, "%p\t%o\n")
    return [broker.value(topic, int(partition), int(offset)) for partition, offset in sorted(places, key=lambda p: int(p[1]))]


@pytest.mark.parametrize("value_format", ["protobuf", "json", "text"])
def test_other_programs_read_the_values(sandbox, broker, value_format):
    """kcat's own output, read as docs/kafka.md says: without anything of Sluice but its .proto file."""
    name = f"kc-{value_format}"
    sandbox.collector(config=kafka.config(broker, value_format, prefix(name)))
    file = sandbox.log_file("app/a.log")
    file.append('2026-11-20T10:00:00Z ERROR "one"', b"bytes \xff\xfe that are no text", "")
    sandbox.agent(sandbox.logs)
    sandbox.expect("app", file.lines, timeout=40)
    values = values_by_kcat(broker, f"{name}-app")
    if value_format == "text":
        assert values == file.lines
        return
    if value_format == "json":
        records = [json.loads(value) for value in values]
        lines = [base64.b64decode(r["rawBody"]) if "rawBody" in r else r.get("body", "").encode() for r in records]
        assert records[0]["severity"] == "SEVERITY_ERROR" and records[0]["timeUnixNano"] == "1795168800000000000"
    else:
        texts = [decode_record(value) for value in values]
        assert "severity: SEVERITY_ERROR" in texts[0] and "time_unix_nano: 1795168800000000000" in texts[0]
        assert r'raw_body: "bytes \377\376 that are no text"' in texts[1]
        lines = file.lines
    assert lines == file.lines


def decode_record(value: bytes) -> str:
    command = ["protoc", f"--proto_path={settings.ROOT / 'proto'}", "--decode=sluice.v1.LogRecord", "sluice/v1/log.proto"]
    return subprocess.run(command, input=value, stdout=subprocess.PIPE, check=True).stdout.decode()


def test_long_lines_of_any_bytes_arrive(sandbox, broker):
    """The longest line of an agent may be several times as large as a message; what is behind it is not held up."""
    sandbox.collector(config=kafka.config(broker, "json", prefix("lo")))
    size = 1 << 20
    files = []
    for n, line in enumerate([b"\xff" * size, b"\x01" * size, b"\x01" * (size - 1) + b"\xff", b'"' * size]):
        files.append(sandbox.log_file(f"app{n}/a.log"))
        files[n].append("before", line, "behind")
    sandbox.agent(sandbox.logs, config="agent: {max_line_bytes: 1MiB}\n")
    for n, file in enumerate(files):
        sandbox.expect(f"app{n}", file.lines, timeout=40)


def test_a_topic_whose_name_is_too_long_with_its_prefix(sandbox, broker):
    """Its file waits, and others go on; or, if that is asked for, its lines become dead letters."""
    text = kafka.config(broker, "text", prefix("p" * 100))
    collector = sandbox.collector(config=text)
    long, other = sandbox.log_file(f"{'d' * 200}/a.log"), sandbox.log_file("app/a.log")
    long.append("one", "two")
    other.append("three")
    agent = sandbox.agent(sandbox.logs, config="agent: {events: false}\n")
    sandbox.expect("app", other.lines, timeout=40)
    agent.wait_metric("sluice_agent_batches_rejected_total", 1, timeout=30)
    assert "has 301 characters with topic_prefix: Kafka allows 249" in collector.log()
    collector.stop()
    collector = sandbox.collector(config="dead_letters: {no_topic: dead-letter, retries: 0}\n" + text, name="second", grpc_port=collector.grpc_port)
    sandbox.expect("dead-letter", long.lines, timeout=60)
    why = json.loads(sandbox.raw("dead-letter", "--output=json")[0])["labels"]
    assert why["dead_letter.topic"] == "d" * 200 and "Kafka allows 249" in why["dead_letter.error"]


@pytest.mark.parametrize("headers", ["all", "identity"])
def test_a_template_without_a_value_makes_dead_letters(sandbox, broker, headers):
    """In Kafka, too, where everybody reads the reason in the headers."""
    routes = 'routes: [{name: by-region, match: {regex: WARN}, topic: "{label.region}"}]\n'
    name = f"te-{headers}"
    sandbox.collector(config=routes + kafka.config(broker, "text", f"    headers: {headers}\n" + prefix(name)))
    file = sandbox.log_file("app/a.log")
    file.append("2026-11-20T10:00:00Z WARN lost", "2026-11-20T10:00:01Z INFO kept")
    sandbox.agent(sandbox.logs)
    sandbox.expect("app", file.lines[1:], timeout=40)
    expect_in_kafka(broker, f"{name}-dead-letter", file.lines[:1])
    headers_of_it = broker.messages(f"{name}-dead-letter", "%h\n")[0][0]
    assert '"dead_letter.reason":"route"' in headers_of_it and "{label.region} is empty" in headers_of_it
    assert ("agent=" in headers_of_it) == (headers == "all")
    assert broker.values(f"{name}-app") == ["2026-11-20T10:00:01Z INFO kept"]
    shown = sandbox.cli("tail", "dead-letter", "--no-follow", "--from=beginning").stdout.decode()
    assert "WARN lost  [of app: route 'by-region': {label.region} is empty" in shown


def test_headers_that_sluice_itself_needs(sandbox, broker):
    """`headers: identity`: nothing else, and still everything comes back, exactly once also after a kill."""
    collector = sandbox.collector(config=kafka.config(broker, "text", "    headers: identity\n" + prefix("hi")))
    file = sandbox.log_file("app/a.log")
    file.append(*numbered("app", 500))
    agent = sandbox.agent(sandbox.logs)
    sandbox.expect("app", file.lines, timeout=40)
    for message in broker.messages("hi-app", "%k\t%h\n"):
        assert [h.split("=")[0] for h in message[1].split(",")] == ["offset", "sluice"]
    collector.kill()
    file.append(*numbered("app", 500, first=500))
    collector.start()
    expect_in_kafka(broker, "hi-app", file.lines)
    record = json.loads(sandbox.raw("app", "--output=json")[0])
    assert record["agent"] == agent.agent_id and not record.get("host")


def test_topics_cursors_and_foreign_messages(sandbox, broker):
    sandbox.collector(config=kafka.config(broker, "text", prefix("fo")))
    file = sandbox.log_file("app/a.log")
    file.append(*numbered("app", 100))
    sandbox.agent(sandbox.logs)
    sandbox.expect("app", file.lines, timeout=40)
    broker.produce("fo-app", "somekey", "not from Sluice")
    wait_until(lambda: b"not from Sluice" in sandbox.raw("app"), "the foreign message", 30)
    topics = json.loads(sandbox.cli("topics", "--output=json").stdout.splitlines()[0])
    assert topics["name"] == "app" and topics["records"] == 101


def test_a_live_tail_sees_new_topics_and_partitions(sandbox, own_broker):
    sandbox.collector(config=kafka.config(own_broker))
    tail = sandbox.tail("--output=raw")
    agent = sandbox.agent(sandbox.logs)
    agent.wait_http("/readyz", timeout=40)
    first = sandbox.log_file("one/a.log")
    first.append(*numbered("one", 50))
    tail.wait_lines(50, timeout=40)
    own_broker.admin("TopicCommand", "--alter", "--topic", "one", "--partitions", "7")
    first.append(*numbered("one", 50, first=50))
    more = [sandbox.log_file(f"one/{n}.log") for n in range(12)]
    for n, file in enumerate(more):
        file.append(*numbered(f"file {n}", 20))
    tail.wait_lines(100 + 12 * 20, timeout=60)
    expect_in_kafka(own_broker, "one", first.lines + [line for file in more for line in file.lines])
    expect_order(own_broker, "one")
    assert sorted(tail.lines()) == sorted(first.lines + [line for file in more for line in file.lines])


def test_goes_on_by_itself_when_the_broker_is_back(sandbox, own_broker):
    collector = sandbox.collector(config=kafka.config(own_broker))
    file = sandbox.log_file("app/a.log")
    sandbox.agent(sandbox.logs)
    file.append(*numbered("before", 1000))
    expect_in_kafka(own_broker, "app", file.lines)
    own_broker.stop()
    file.append(*numbered("while", 20_000))
    collector.wait_http("/readyz", 503, timeout=40)
    wait_until(lambda: "cannot deliver" in collector.log(), "a line that says so", 10)
    assert http.get(collector.http_port, "/healthz")[0] == 200
    own_broker.start()
    file.append(*numbered("after", 1000))
    expect_in_kafka(own_broker, "app", file.lines, 90)
    expect_order(own_broker, "app")
    collector.wait_http("/readyz", timeout=40)
    wait_until(lambda: "delivering again" in collector.log(), "a line that says so", 10)
    assert collector.log().count("cannot deliver") == 1


def test_a_topic_that_is_deleted_is_made_again(sandbox, own_broker):
    sandbox.collector(config=kafka.config(own_broker))
    file = sandbox.log_file("app/a.log")
    sandbox.agent(sandbox.logs)
    file.append(*numbered("gone", 100))
    expect_in_kafka(own_broker, "app", file.lines)
    own_broker.admin("TopicCommand", "--delete", "--topic", "app")
    wait_until(lambda: "app" not in own_broker.topics(), "the topic is gone", 30)
    later = numbered("later", 100)
    file.append(*later)
    wait_until(lambda: "app" in own_broker.topics(), "the topic is made again", 90)
    expect_in_kafka(own_broker, "app", later, 90)


# What a killed collector has under way of a file: one request of its partition.
REQUEST = 2000


@pytest.mark.parametrize(
    "collectors, collectors_die",
    [pytest.param(1, False, id="one-stays"), pytest.param(2, True, id="two-die")]
    + ([pytest.param(1, True, id="one-dies")] if settings.LONG else []),
)
def test_no_line_is_missing_or_out_of_order_whoever_is_killed(sandbox, own_broker, collectors, collectors_die):
    """Agent, broker, a consumer and, `collectors_die`, collectors are killed at random while writers write.

    Without the latter no line is in Kafka twice. With them the rest of a request may be, and docs/delivery.md says when;
    consumers see each line once in either case.
    """
    rng = random.Random(settings.seed())
    text = kafka.config(own_broker)
    all_collectors = [sandbox.collector(name=f"collector{n}", config=text) for n in range(collectors)]
    addresses = ", ".join(c.address for c in all_collectors)
    agent = sandbox.agent(sandbox.logs, config=f"collector: {{addresses: [{addresses}]}}\n", collector="")
    files = [sandbox.log_file(f"w{n}/app.log") for n in range(4)]
    stopping = threading.Event()

    def write() -> None:
        number = 0
        while not stopping.wait(0.02):
            for n, file in enumerate(files):
                file.append(*(f"w{n} {i:08d} {'x' * 80}" for i in range(number, number + 20)))
            number += 20

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    tail = ["w*", "--from=beginning", "--output=raw"]
    steady, mortal = sandbox.tail(*tail, name="steady"), sandbox.tail(*tail, name="mortal")
    collector_kills = 0
    try:
        for kill in range(KILLS):
            time.sleep(rng.uniform(0.1, 1.0))  # the pace of the chaos, not a wait for anything
            victim = rng.choice([*(all_collectors if collectors_die else []), agent, agent, own_broker, mortal])
            victim.kill()
            collector_kills += victim in all_collectors
            time.sleep(rng.uniform(0, 0.5))
            if victim is mortal:
                mortal = sandbox.tail(*tail, name=f"mortal{kill}")
            else:
                victim.start() if victim is own_broker else victim.spawn()
            for program in all_collectors:  # gives up when it starts without a broker
                if not program.running:
                    program.spawn()
    finally:
        stopping.set()
        writer.join()
    for program in all_collectors:
        if not program.running:
            program.spawn()
        program.wait_http("/readyz", timeout=60)
    agent.wait_http("/readyz", timeout=90)
    repeats = 0
    for n, file in enumerate(files):
        repeats += expect_in_kafka(own_broker, f"w{n}", file.lines, 120, REQUEST * collector_kills)
        expect_order(own_broker, f"w{n}", repeats=collector_kills > 0)
    lines = sorted(line for file in files for line in file.lines)
    for consumer in (steady, mortal):
        assert sorted(consumer.wait_lines(len(lines), 120)) == lines, consumer.name
    print(f"{len(lines)} lines, {repeats} repeats, {collector_kills} kills of collectors")
