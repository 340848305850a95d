"""`sluice publish`, and programs that publish by the library: every line once, whatever is killed."""

import os
import re
import signal
import subprocess
import threading

from tests.harness import http, kafka, settings
from tests.harness.waiting import wait_until


def publish(sandbox, *args: str, data: bytes = b"", **kwargs) -> subprocess.CompletedProcess:
    return subprocess.run(
        [str(settings.CLI), "publish", f"--collector={sandbox.collector_process.address}", *args],
        input=data,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=settings.scaled(120),
        check=False,
        **kwargs,
    )


def start(sandbox, *args: str) -> subprocess.Popen:
    return subprocess.Popen(
        [str(settings.CLI), "publish", f"--collector={sandbox.collector_process.address}", *args],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_each_line_is_a_record_with_its_exact_bytes(sandbox):
    sandbox.collector()
    lines = [b"one", b"", b"cr\r", b"not utf-8 \xff\xfe", "Grüße".encode(), b"nul \0 in it", b"no newline at the end"]
    done = publish(sandbox, "made.up", "--severity=warning", "--label=team=a", data=b"\n".join(lines))
    assert done.returncode == 0, done.stderr.decode()
    sandbox.expect("made.up", lines)
    records = sandbox.json("tail", "made.up", "--no-follow")
    assert {r["severity"] for r in records} == {"WARN"} or {r["severity_text"] for r in records} == {"warning"}
    assert all(r["labels"] == {"team": "a"} and r["agent"].startswith("ephemeral:") for r in records)


def test_a_line_longer_than_a_record_comes_in_parts(sandbox):
    sandbox.collector()
    line = os.urandom(1 << 20).replace(b"\n", b"x") + b"end"
    assert publish(sandbox, "long", data=line + b"\nshort\n").returncode == 0
    records = sandbox.raw("long")
    assert b"".join(records[:-1]) == line and records[-1] == b"short"


def test_a_repeated_run_with_an_id_adds_only_what_is_missing(sandbox):
    sandbox.collector()
    lines = [b"line %d" % i for i in range(1000)]
    for count in (300, 1000, 1000):
        done = publish(sandbox, "import", "--id=import-1", data=b"".join(line + b"\n" for line in lines[:count]))
        assert done.returncode == 0, done.stderr.decode()
    sandbox.expect("import", lines)
    assert re.search(rb"held_before\W+1000", done.stderr), done.stderr


def test_killed_again_and_again_each_line_comes_once(sandbox):
    collector = sandbox.collector()
    lines = [b"%d " % i + b"x" * 100 for i in range(20_000)]
    data = b"".join(line + b"\n" for line in lines)
    for round_number in range(4):
        process = start(sandbox, "once", "--id=p")
        writer = threading.Thread(target=_write, args=(process, data))
        writer.start()
        target = (round_number + 1) * 2000
        wait_until(lambda: collector.records(topic="once") >= target or process.poll() is not None, "nothing comes")
        if round_number % 2 == 0:
            process.kill()
        else:
            collector.kill()
            collector.start()
        process.wait(settings.scaled(120))
        writer.join()
    done = publish(sandbox, "once", "--id=p", data=data)
    assert done.returncode == 0, done.stderr.decode()
    sandbox.expect("once", lines)


def _write(process: subprocess.Popen, data: bytes) -> None:
    try:
        process.stdin.write(data)
        process.stdin.close()
    except BrokenPipeError:
        pass


def test_an_interrupt_stops_reading_and_keeps_what_was_read(sandbox):
    sandbox.collector()
    process = start(sandbox, "live")
    process.stdin.write(b"one\ntwo\n")
    process.stdin.flush()
    sandbox.expect("live", [b"one", b"two"])  # at once, not at the end
    process.send_signal(signal.SIGINT)
    assert process.wait(settings.scaled(20)) == 0
    process.stdin.close()


def test_two_with_one_id_take_turns_or_the_second_says_so(sandbox):
    sandbox.collector()
    first = start(sandbox, "t", "--id=p")
    first.stdin.write(b"a\n")
    first.stdin.flush()
    sandbox.expect("t", [b"a"])
    refused = publish(sandbox, "t", "--id=p", data=b"a\nb\n")
    assert refused.returncode == 1 and b"is connected" in refused.stderr
    second = start(sandbox, "t", "--id=p", "--wait")
    second.stdin.write(b"a\nb\n")
    second.stdin.close()
    first.stdin.close()
    assert first.wait(settings.scaled(20)) == 0
    assert second.wait(settings.scaled(20)) == 0
    sandbox.expect("t", [b"a", b"b"])


def test_wrong_flags_are_told_before_anything_is_read(sandbox):
    sandbox.collector()
    for args, word in (
        (["a/b"], b"topic"),
        (["t", "--severity=loud"], b"--severity"),
        (["t", "--time=soon"], b"--time"),
        (["t", "--label=x"], b"NAME=VALUE"),
        (["t", "--id=a b"], b"--id"),
        (["t", "--wait"], b"--wait"),
    ):
        done = publish(sandbox, *args)
        assert done.returncode == 2 and word in done.stderr, (args, done.stderr)


def test_publishers_are_no_agents(sandbox):
    sandbox.collector()
    assert publish(sandbox, "t", "--id=p", data=b"x\n").returncode == 0
    assert sandbox.json("agents") == []
    assert [a["id"] for a in sandbox.json("agents", "--publishers")] == ["publisher:p"]
    sandbox.collector_process.stop()
    sandbox.collector_process.start()
    assert [a["id"] for a in sandbox.json("agents", "--publishers")] == ["publisher:p"]


def test_with_the_log_in_kafka_through_two_collectors(sandbox, broker):
    """What one collector took is known to the other one."""
    config = kafka.config(broker, more="    topic_prefix: publish-\n")
    lines = [b"line %d" % i for i in range(500)]
    data = b"".join(line + b"\n" for line in lines)
    sandbox.collector(config=config)
    assert publish(sandbox, "t", "--id=p", data=b"".join(line + b"\n" for line in lines[:300])).returncode == 0
    other = sandbox.collector(config=config, name="other")
    assert publish(sandbox, "t", "--id=p", data=data).returncode == 0
    body = b'[{"service":"h","message":"1"},{"service":"h","message":"2"}]'
    assert http.post(other.http_port, "/v1/logs", body)[0] == 202
    assert sorted(broker.values("publish-t")) == sorted(line.decode() for line in lines)
    assert sorted(broker.values("publish-h")) == ["1", "2"]
