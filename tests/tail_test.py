"""`sluice tail`: live, filtered, gap-free."""

import datetime
import json
import statistics
import subprocess
import time

import pytest

from tests.harness import settings
from tests.harness.logfile import numbered
from tests.harness.waiting import holds_for, wait_until


def wait_subscribers(sandbox, count: int) -> None:
    sandbox.collector_process.wait_metric("sluice_collector_subscribers", count)


def test_a_live_tail_shows_what_comes_and_not_what_was(sandbox):
    file = sandbox.log_file("app/x.log")
    file.append(*numbered("old", 100))
    sandbox.collector()
    sandbox.agent(sandbox.logs)
    sandbox.expect("app", file.lines)
    tail = sandbox.tail("--output=raw")
    wait_subscribers(sandbox, 1)
    file.append("new 1", "new 2")
    assert tail.wait_lines(2) == [b"new 1", b"new 2"]


@pytest.mark.parametrize("command", [["tail", "app", "--no-follow"], ["topics"]])
def test_a_closed_standard_output_is_a_failure(sandbox, command):
    file = sandbox.log_file("app/x.log")
    file.append("line")
    sandbox.collector()
    sandbox.agent(sandbox.logs)
    sandbox.expect("app", file.lines)
    argv = ["sh", "-c", 'exec "$@" >&-', "sh", str(settings.CLI), *command, f"--collector={sandbox.collector_process.address}"]
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=settings.scaled(30), check=False)
    assert done.returncode == 1
    assert b"cannot write to standard output" in done.stderr and b"--help" not in done.stderr


@pytest.mark.parametrize(
    "args, expected",
    [
        (["--severity=warn"], ["WARN careful", "ERROR broken", "FATAL dead"]),
        (["--severity=error"], ["ERROR broken", "FATAL dead"]),
        (["--contains=O ok"], ["INFO ok"]),
        (["--regex=^(INFO|FATAL)"], ["INFO ok", "FATAL dead"]),
        (["--severity=warn", "--regex=ea"], ["FATAL dead"]),
        (["--limit=2"], ["DEBUG why", "INFO ok"]),
        (["app"], ["DEBUG why", "INFO ok", "WARN careful", "ERROR broken", "FATAL dead", "no level"]),
        (["other"], []),
        (["o*", "a??"], ["DEBUG why", "INFO ok", "WARN careful", "ERROR broken", "FATAL dead", "no level"]),
    ],
)
def test_filters_of_history_and_live_agree(sandbox, args, expected):
    lines = ["DEBUG why", "INFO ok", "WARN careful", "ERROR broken", "FATAL dead", "no level"]
    stamp = "2026-11-20 09:15:39,123 "
    file = sandbox.log_file("app/x.log")
    sandbox.collector()
    sandbox.agent(sandbox.logs)
    live = sandbox.tail("--output=raw", *args)
    wait_subscribers(sandbox, 1)
    # With a time before it the level is where the usual layouts have it; --regex=^ wants it first.
    plain = any("^" in a for a in args)
    file.append(*(line if plain or line == "no level" else stamp + line for line in lines))
    sandbox.expect("app", file.lines)
    wanted = [next(w for w in file.lines if w.endswith(e.encode())) for e in expected]
    assert sandbox.raw(*args) == wanted
    assert live.wait_lines(len(expected)) == wanted if expected else live.lines() == []


def test_an_expression_sees_bytes_that_are_no_text_as_they_are_shown(sandbox):
    file = sandbox.log_file("app/x.log")
    file.append(b"mid \xff\xfe bad", b"mid bad")
    sandbox.collector()
    sandbox.agent(sandbox.logs)
    sandbox.expect("app", file.lines)
    assert sandbox.raw("--regex=mid .* bad") == file.lines[:1]


def test_no_follow_ends_and_limit_ends(sandbox):
    file = sandbox.log_file("app/x.log")
    file.append(*numbered("x", 5000))
    sandbox.collector()
    sandbox.agent(sandbox.logs)
    sandbox.expect("app", file.lines)
    assert sandbox.raw("--limit=1234") == file.lines[:1234]
    following = sandbox.tail("--from=beginning", "--limit=5000", "--output=raw")
    following.wait_exit(expect=0)
    assert following.lines() == file.lines


def test_history_then_follow_has_no_gap_and_no_repeat(sandbox):
    file = sandbox.log_file("app/x.log")
    file.append(*numbered("x", 20000))
    sandbox.collector()
    sandbox.agent(sandbox.logs)
    tails = []
    for n in range(10):
        tails.append(sandbox.tail("--from=beginning", "--output=raw", name=f"tail{n}"))
        file.append(*numbered("more", 1000, first=n * 1000))
    for tail in tails:
        assert tail.wait_lines(len(file.lines), 60) == file.lines


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_tail_goes_on_through_collector_restarts(sandbox, how):
    file = sandbox.log_file("app/x.log")
    collector = sandbox.collector()
    sandbox.agent(sandbox.logs)
    tail = sandbox.tail("--from=beginning", "--output=raw")
    for n in range(4):
        file.append(*numbered("x", 2000, first=n * 10000))
        tail.wait_lines(1)
        getattr(collector, how)()
        file.append(*numbered("x", 2000, first=n * 10000 + 5000))
        collector.start()
    assert tail.wait_lines(len(file.lines), 60) == file.lines
    holds_for(lambda: len(tail.lines()) == len(file.lines), "a repeat", 0.3)
    assert tail.running


def test_from_a_time_and_from_an_age(sandbox):
    file = sandbox.log_file("app/x.log")
    base = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)
    for minutes in range(60):
        moment = (base + datetime.timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        file.append(json.dumps({"time": moment, "level": "info", "n": minutes}))
    sandbox.collector()
    sandbox.agent(sandbox.logs)
    sandbox.expect("app", file.lines)
    done = sandbox.cli("tail", "--no-follow", "--output=raw", "--from=10m30s")
    assert done.stdout.split(b"\n")[:-1] == file.lines[50:]
    half = (base + datetime.timedelta(minutes=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    done = sandbox.cli("tail", "--no-follow", "--output=raw", f"--from={half}")
    assert done.stdout.split(b"\n")[:-1] == file.lines[30:]


def test_json_is_one_object_a_line(sandbox):
    file = sandbox.log_file("app/x.log")
    file.append("INFO hello", "", '"quotes" \\ \t', "ünï")
    sandbox.collector()
    sandbox.agent(sandbox.logs)
    sandbox.expect("app", file.lines)
    records = [json.loads(line) for line in sandbox.raw("--output=json")]
    assert [r["body"].encode() for r in records] == file.lines


def test_text_shows_time_topic_and_severity(sandbox):
    file = sandbox.log_file("app/x.log")
    file.append("2026-11-20T09:15:39Z ERROR disk is full")
    sandbox.collector()
    sandbox.agent(sandbox.logs)
    sandbox.expect("app", file.lines)
    shown = sandbox.cli("tail", "--no-follow", "--from=beginning").stdout.decode()
    assert "app" in shown and "ERROR" in shown and "disk is full" in shown and "09:15:39" in shown


def test_a_reader_that_goes_away_ends_the_tail_quietly(sandbox):
    file = sandbox.log_file("app/x.log")
    file.append(*numbered("x", 100_000))
    sandbox.collector()
    sandbox.agent(sandbox.logs)
    wait_until(lambda: sandbox.collector_process.records() >= 100_000, "100,000 records")
    command = f"{settings.CLI} tail --collector={sandbox.collector_process.address} --from=beginning --output=raw | head -n 3"
    done = subprocess.run(["bash", "-c", command], capture_output=True, timeout=settings.scaled(30), check=False)
    assert done.stdout.split(b"\n")[:-1] == file.lines[:3]
    assert done.stderr == b""


@pytest.mark.parametrize("sig", [2, 15])
def test_a_signal_ends_the_tail_with_success(sandbox, sig):
    sandbox.collector()
    tail = sandbox.tail("--output=raw")
    wait_subscribers(sandbox, 1)
    tail.stop(expect=0, with_signal=sig)


def test_a_slow_reader_does_not_slow_ingest(sandbox):
    file = sandbox.log_file("app/x.log")
    collector = sandbox.collector()
    sandbox.agent(sandbox.logs)
    slow = sandbox.tail("--from=beginning", "--output=raw")
    wait_subscribers(sandbox, 1)
    slow.freeze()
    file.append(*[b"%07d " % n + b"x" * 500 for n in range(100_000)])
    wait_until(lambda: collector.records() >= 100_000, lambda: f"{collector.records()} records", 60)
    slow.thaw()
    assert slow.wait_lines(100_000, 60) == file.lines


def test_latency_is_in_milliseconds(sandbox):
    """A sanity check with a wide margin; `./dev bench latency` measures."""
    file = sandbox.log_file("app/x.log")
    sandbox.collector()
    sandbox.agent(sandbox.logs)
    tail = sandbox.tail("--output=raw")
    wait_subscribers(sandbox, 1)
    seconds = []
    for n in range(30):
        begin = time.monotonic()
        file.append(f"{n}")
        tail.wait_lines(n + 1)
        seconds.append(time.monotonic() - begin)
    assert statistics.median(seconds) < settings.scaled(0.25)
