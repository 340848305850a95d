"""What the configuration says of topics and messages, found in Kafka by other programs."""

import json
import subprocess

import pytest

from tests.harness import kafka, settings
from tests.harness.logfile import numbered
from tests.harness.waiting import wait_until
from tests.kafka_test import expect_in_kafka, expect_order, prefix
from tests.routes_test import routed_whoever_is_killed


def test_a_topic_is_made_with_the_partitions_that_are_asked_for(sandbox, broker):
    """And lines of many files lie in several of them, those of each file in one."""
    sandbox.collector(config=kafka.config(broker, "text", prefix("np") + "    partitions: 5\n"))
    files = [sandbox.log_file(f"app/{n}.log") for n in range(12)]
    for n, file in enumerate(files):
        file.append(*numbered(f"file {n}", 50))
    sandbox.agent(sandbox.logs)
    expect_in_kafka(broker, "np-app", [line for file in files for line in file.lines])
    expect_order(broker, "np-app")
    assert "PartitionCount: 5" in broker.admin("TopicCommand", "--describe", "--topic", "np-app")
    assert len({message[0] for message in broker.messages("np-app")}) > 1


def test_messages_are_compressed_as_librdkafka_is_told(sandbox, broker):
    """Properties are its own: what is compressible takes a fraction, and everybody still reads it."""
    sandbox.collector(config=kafka.config(broker, "text", prefix("cz") + "    properties: {compression.type: zstd}\n"))
    file = sandbox.log_file("app/a.log")
    file.append(*numbered("x" * 300, 2000))
    sandbox.agent(sandbox.logs)
    expect_in_kafka(broker, "cz-app", file.lines)
    sandbox.expect("app", file.lines)
    logs = (broker.home / "data").glob("**/cz-app-*/*.log")
    assert 0 < sum(log.stat().st_size for log in logs) < sum(map(len, file.lines)) / 3


def test_routes_copy_and_drop_between_topics_of_kafka(sandbox, broker):
    routes = """
routes:
  - {name: severe, match: {severity: error}, topic: "{topic}.errors", copy_to: [critical]}
  - {name: noise, match: {regex: " DEBUG "}, drop: true}
"""
    collector = sandbox.collector(config=routes + kafka.config(broker, "json", prefix("ro")))
    file = sandbox.log_file("app/a.log")
    levels = ("DEBUG", "INFO", "WARN", "ERROR")
    file.append(*(f"2026-11-20 09:15:39,123 {levels[n % 4]} line {n}" for n in range(400)))
    agent = sandbox.agent(sandbox.logs)
    agent.wait_metric("sluice_agent_records_acked_total", 400, timeout=40)
    of = {level: [line.decode() for line in file.lines if line.split()[2] == level.encode()] for level in levels}
    bodies = {
        topic: [json.loads(value)["body"] for value in broker.values(f"ro-{topic}")] for topic in ("app", "app.errors", "critical")
    }
    assert sorted(bodies["app"]) == sorted(of["INFO"] + of["WARN"])
    assert bodies["app.errors"] == of["ERROR"] == bodies["critical"]
    assert collector.metric("sluice_collector_records_dropped_total", route="noise") == 100


def test_what_the_broker_refuses_becomes_a_dead_letter(sandbox, broker):
    """Its neighbours of the same file go where they belong, in order."""
    broker.admin("TopicCommand", "--create", "--topic", "rf-app", "--partitions", "1", "--config", "max.message.bytes=3000")
    collector = sandbox.collector(config="dead_letters: {retries: 0}\n" + kafka.config(broker, "text", prefix("rf")))
    file = sandbox.log_file("app/a.log")
    file.append("before", "x" * 8000, "behind")
    sandbox.agent(sandbox.logs)
    expect_in_kafka(broker, "rf-app", [file.lines[0], file.lines[2]], 90)
    expect_order(broker, "rf-app")
    expect_in_kafka(broker, "rf-dead-letter", [file.lines[1]])
    headers = broker.messages("rf-dead-letter", "%h\n")[0][0]
    assert '"dead_letter.reason":"refused"' in headers and "max.message.bytes" in headers
    assert '"dead_letter.topic":"app"' in headers and "offset=7" in headers
    assert collector.metric("sluice_collector_dead_letters_total", reason="refused") == 1


def test_a_refused_record_is_not_missed_though_its_batch_has_another_dead_letter(sandbox, broker):
    """The other one is delivered at the first try, and lies behind it."""
    broker.admin("TopicCommand", "--create", "--topic", "rt-app", "--partitions", "1", "--config", "max.message.bytes=3000")
    options = "dead_letters: {retries: 0, line_bytes: 16KiB, oversize: dead-letter}\n"
    sandbox.collector(config=options + kafka.config(broker, "text", prefix("rt")))
    file = sandbox.log_file("app/a.log")
    refused, long = b"r" * 8000, b"l" * 20_000
    file.append("a", refused, "b", long, "c")
    agent = sandbox.agent(sandbox.logs)
    expect_in_kafka(broker, "rt-app", [b"a", b"b", b"c"], 90)
    expect_in_kafka(broker, "rt-dead-letter", [long[:16384], long[16384:], refused], 90)
    agent.wait_metric("sluice_agent_records_acked_total", 5)


def test_a_refused_record_goes_where_later_routes_send_it(sandbox, broker):
    """Its neighbours are in that topic already."""
    broker.admin("TopicCommand", "--create", "--topic", "rl-large", "--partitions", "1", "--config", "max.message.bytes=3000")
    log = kafka.config(broker, "text", prefix("rl"))
    routes = "dead_letters: {refused: wait}\nroutes: [{match: {regex: ^large}, topic: large}]\n"
    collector = sandbox.collector(config=routes + log)
    file = sandbox.log_file("app/a.log")
    file.append("a", b"large " + b"x" * 8000, "b", "c")
    agent = sandbox.agent(sandbox.logs)
    expect_in_kafka(broker, "rl-app", [b"a", b"b", b"c"], 60)
    agent.wait_metric("sluice_agent_batches_rejected_total", 1, timeout=60)
    collector.kill()
    (sandbox.home / "collector.yaml").write_text(log)
    collector.start()
    expect_in_kafka(broker, "rl-app", [b"a", b"b", b"c", file.lines[1]], 90)


def test_a_topic_that_may_not_be_made_holds_its_file_until_it_is_there(sandbox, broker):
    watermarks = ["--topic", "nc-sluice-watermarks", "--partitions", "1", "--config", "cleanup.policy=compact"]
    broker.admin("TopicCommand", "--create", *watermarks)
    collector = sandbox.collector(config=kafka.config(broker, "text", prefix("nc") + "    create_topics: false\n"))
    file = sandbox.log_file("app/a.log")
    file.append(*numbered("app", 100))
    agent = sandbox.agent(sandbox.logs)
    agent.wait_metric("sluice_agent_batches_rejected_total", 1, timeout=30)
    assert "'nc-app'" in collector.log() and "create_topics" in collector.log()
    broker.admin("TopicCommand", "--create", "--topic", "nc-app", "--partitions", "1")
    expect_in_kafka(broker, "nc-app", file.lines, 60)


def test_a_format_that_cannot_represent_a_record_says_so_once(sandbox, broker):
    """The line itself is whole; its attributes are not in a text."""
    collector = sandbox.collector(config=kafka.config(broker, "text", prefix("fr")))
    sandbox.agent(config=f"sources: [{{name: shop, root: {sandbox.logs}, fields: all}}]\n")
    file = sandbox.log_file("app/a.log")
    file.append(*(f'{{"level":"info","user":{n}}}' for n in range(100)))
    expect_in_kafka(broker, "fr-app", file.lines)
    assert collector.log().count("value_format text leaves out attributes; json and protobuf keep them") == 1


def test_many_tails_of_a_topic_are_one_reader_of_its_partitions(sandbox, broker):
    """What one collector reads at the head it reads once; and who comes late finds the beginning, too."""
    collector = sandbox.collector(config=kafka.config(broker, "protobuf", prefix("mt")))
    file = sandbox.log_file("app/a.log")
    file.append(*numbered("first", 1000))
    sandbox.agent(sandbox.logs)
    sandbox.expect("app", file.lines, timeout=40)
    tails = [sandbox.tail("app", "--from=beginning", "--output=raw", name=f"tail{n}") for n in range(12)]
    for tail in tails:
        tail.wait_lines(1000, 60)
    file.append(*numbered("live", 1000))
    for tail in tails:
        assert tail.wait_lines(2000, 60) == file.lines
    # Those that had still to catch up had readers of their own until then.
    wait_until(lambda: collector.metric("sluice_collector_kafka_consumed_partitions") == 3, "one reader of each partition")


def test_every_collector_shows_what_came_through_any_of_them(sandbox, broker):
    config = kafka.config(broker, "protobuf", prefix("ec"))
    lines = []
    for n in range(2):
        sandbox.collector(name=f"collector{n}", config=config)
        file = sandbox.log_file(f"from{n}/a.log")
        file.append(*numbered(f"from{n}", 500))
        sandbox.agent(file.path.parent, name=f"agent{n}", agent_id=f"agent-{n}")
        lines += file.lines
    for collector in [p for p in sandbox.programs if p.name.startswith("collector")]:
        sandbox.collector_process = collector
        wait_until(lambda: len(sandbox.raw()) >= len(lines), f"all lines at {collector.name}", 60)
        assert sorted(sandbox.raw()) == sorted(lines)


def test_readers_leave_out_what_kafka_has_twice(sandbox, broker):
    """As after a kill in the window that docs/delivery.md describes: the same key and offset, in a later place."""
    sandbox.collector(config=kafka.config(broker, "text", prefix("tw") + "    partitions: 1\n"))
    file = sandbox.log_file("app/a.log")
    file.append(*numbered("app", 20))
    sandbox.agent(sandbox.logs)
    expect_in_kafka(broker, "tw-app", file.lines)
    tail = sandbox.tail("app", "--from=beginning", "--output=raw")
    tail.wait_lines(20, 30)
    for _, _, key, headers, value in broker.messages("tw-app")[10:]:
        as_arguments = [argument for header in headers.split(",") for argument in ("-H", header)]
        command = ["kcat", "-b", broker.address, "-P", "-t", "tw-app", "-p", "0", "-k", key, *as_arguments]
        subprocess.run(command, input=value.encode(), timeout=60, check=True)
    file.append("the last")
    expect_values = [line.decode() for line in [*file.lines[:20], *file.lines[10:20], file.lines[20]]]
    wait_until(lambda: broker.values("tw-app") == expect_values, lambda: f"{broker.values('tw-app')}", 30)
    assert tail.wait_lines(21, 30) == file.lines
    assert sandbox.raw("app") == file.lines


def test_a_frozen_collector_that_comes_back_delivers_nothing_again(sandbox, broker):
    """Its agent has gone to the other one meanwhile; what it had sent is still in the frozen one's sockets."""
    config = kafka.config(broker, "text", prefix("fz"))
    collectors = [sandbox.collector(name=f"collector{n}", config=config) for n in range(2)]
    addresses = ", ".join(c.address for c in collectors)
    agent = sandbox.agent(sandbox.logs, config=f"collector: {{addresses: [{addresses}]}}\n", collector="")
    file = sandbox.log_file("app/a.log")
    file.append(*numbered("before", 500))
    expect_in_kafka(broker, "fz-app", file.lines)
    home = max(collectors, key=lambda c: c.metric("sluice_collector_records_total", topic="app"))
    other = collectors[1 - collectors.index(home)]
    home.freeze()
    file.append(*numbered("while", 500))
    other.wait_metric("sluice_collector_records_total", 500, timeout=90, topic="app")
    home.thaw()
    file.append(*numbered("after", 500))
    agent.wait_http("/readyz", timeout=60)
    expect_in_kafka(broker, "fz-app", file.lines, 90)
    expect_order(broker, "fz-app")


def test_topics_of_sluice_itself_take_no_lines(sandbox, broker):
    """They are compacted, or nobody reads them: their files wait or become dead letters, and others go on."""
    text = "dead_letters: {no_topic: dead-letter, retries: 0}\n" + kafka.config(broker, "text", prefix("rs"))
    collector = sandbox.collector(config=text)
    own = [sandbox.log_file(f"sluice-{name}/a.log") for name in ("watermarks", "groups", "group-slots")]
    for file in own:
        file.append(*numbered(file.path.parent.name, 5))
    other = sandbox.log_file("app/a.log")
    other.append(*numbered("app", 5))
    sandbox.agent(sandbox.logs, config="agent: {events: false}\n")
    expect_in_kafka(broker, "rs-app", other.lines)
    expect_in_kafka(broker, "rs-dead-letter", [line for file in own for line in file.lines], 60)
    assert "topic 'rs-sluice-groups' is one of Sluice's or Kafka's own" in collector.log()
    headers = broker.messages("rs-dead-letter", "%h\n")[0][0]
    assert '"dead_letter.reason":"no_topic"' in headers
    assert all(key[:2] in ("f/", "c/") for (key,) in broker.messages("rs-sluice-watermarks", "%k\n"))
    assert "rs-sluice-groups" not in broker.topics()


def test_a_topic_whose_name_collides_with_another_one(sandbox, broker):
    """To Kafka's metrics `.` and `_` are the same; it makes only one of the two."""
    collector = sandbox.collector(config=kafka.config(broker, "text", prefix("cl")))
    first, second, other = (sandbox.log_file(f"{name}/x.log") for name in ("a.b", "a_b", "app"))
    sandbox.agent(sandbox.logs)
    first.append(*numbered("first", 10))
    expect_in_kafka(broker, "cl-a.b", first.lines)
    second.append(*numbered("second", 10))
    wait_until(lambda: "topic 'cl-a_b' cannot be created" in collector.log(), "the reason in the log", 30)
    assert "collide" in collector.log()
    other.append(*numbered("other", 10))
    expect_in_kafka(broker, "cl-app", other.lines)
    assert "cl-a_b" not in broker.topics()


@pytest.mark.parametrize("oversize", ["split", "dead-letter"])
def test_what_is_too_long_by_configuration(sandbox, broker, oversize):
    collector = sandbox.collector(
        config=f"dead_letters: {{line_bytes: 1KiB, oversize: {oversize}}}\n" + kafka.config(broker, "text", prefix(f"ov-{oversize}"))
    )
    file = sandbox.log_file("app/a.log")
    file.append("before", "x" * 1500, "behind")
    sandbox.agent(sandbox.logs)
    before, parts, behind = file.lines[:1], [b"x" * 1024, b"x" * 476], file.lines[2:]
    app = before + behind if oversize == "dead-letter" else before + parts + behind
    expect_in_kafka(broker, f"ov-{oversize}-app", app)
    sandbox.expect("app", app)
    if oversize == "split":
        return
    expect_in_kafka(broker, "ov-dead-letter-dead-letter", parts)
    for (headers,) in broker.messages("ov-dead-letter-dead-letter", "%h\n"):
        assert '"dead_letter.reason":"oversize"' in headers and '"dead_letter.topic":"app"' in headers
    assert collector.metric("sluice_collector_dead_letters_total", reason="oversize") == 2


def test_the_watermarks_topic_is_deleted(sandbox, broker):
    """A collector that runs makes it again, and knows what it knew: also for the next one nothing comes twice."""
    collector = sandbox.collector(config=kafka.config(broker, "text", prefix("wm")))
    file = sandbox.log_file("app/a.log")
    file.append(*numbered("before", 500))
    agent = sandbox.agent(sandbox.logs)
    expect_in_kafka(broker, "wm-app", file.lines)
    broker.admin("TopicCommand", "--delete", "--topic", "wm-sluice-watermarks")
    file.append(*numbered("after", 500))
    expect_in_kafka(broker, "wm-app", file.lines)

    def noted() -> bool:
        return any(key.startswith(f"f/{agent.agent_id}/") for (key,) in broker.messages("wm-sluice-watermarks", "%k\n"))

    wait_until(lambda: "making it again" in collector.log(), "a line that says so", 90)
    wait_until(noted, "the file's watermark", 30)
    collector.kill()
    collector.start()
    file.append(*numbered("later", 500))
    expect_in_kafka(broker, "wm-app", file.lines)
    expect_order(broker, "wm-app")


@pytest.mark.parametrize("victims", ["agent", "both"] if settings.LONG else ["both"])
def test_what_is_routed_whoever_is_killed(sandbox, broker, victims):
    """Batches that are divided and copied, as in the embedded log."""
    name = f"rk-{victims}"
    routed_whoever_is_killed(sandbox, victims, kafka.config(broker, "text", prefix(name)), rounds=6 if settings.LONG else 3)
    found = {topic: broker.values(f"{name}-{topic}") for topic in ("app", "app.all", "critical")}
    repeats = sum(len(values) - len(set(values)) for values in found.values())
    print(f"{repeats} repeats")
    if victims == "agent":
        assert repeats == 0
    for topic in found:
        expect_order(broker, f"{name}-{topic}", repeats=victims == "both")
