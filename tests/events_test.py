"""Topic sluice.events: what happens to the files, for everyone to subscribe to."""

import json
import os
import pathlib
import shutil
import time

from tests.harness.logfile import numbered
from tests.harness.waiting import wait_until


def events(sandbox, **where) -> list[dict]:
    found = [json.loads(line) for line in sandbox.raw("sluice.events")]
    return [event for event in found if all(event.get(key) == value for key, value in where.items())]


def test_the_life_of_a_file_is_told(sandbox):
    file = sandbox.log_file("app/x.log")
    file.append("one")
    sandbox.collector()
    sandbox.agent(sandbox.logs)
    sandbox.expect("app", file.lines)
    old = file.rotate()
    file.append("two")
    sandbox.expect("app", file.lines)
    file.path.open("r+b").truncate(0)
    file.append("three")
    sandbox.expect("app", file.lines)
    old.unlink()
    wait_until(lambda: events(sandbox, event="finished"), lambda: f"{events(sandbox)}", 30)
    told = [(event["event"], pathlib.Path(event["path"]).name) for event in events(sandbox)]
    assert told == [
        ("appeared", "x.log"),
        ("renamed", "x.log.1"),
        ("appeared", "x.log"),
        ("truncated", "x.log"),
        ("deleted", "x.log.1"),
        ("finished", "x.log.1"),
    ]
    renamed = events(sandbox, event="renamed")[0]
    assert renamed["old_path"] == str(file.path)
    assert renamed["inode"] == events(sandbox)[0]["inode"] != events(sandbox)[2]["inode"]
    assert {"time", "level", "device", "generation", "bytes"} <= renamed.keys()
    text = sandbox.cli("tail", "--no-follow", "sluice.events").stdout.decode()
    assert "sluice.events" in text and '"event":"renamed"' in text


def test_a_loss_is_told_once_even_if_the_agent_is_killed(sandbox):
    file = sandbox.log_file("app/x.log")
    file.append("first")
    collector = sandbox.collector()
    agent = sandbox.agent(sandbox.logs)
    sandbox.expect("app", file.lines)
    collector.kill()
    line = b"x" * 1023
    for _ in range(32):
        file.append(*[line] * 1024)
    written = file.path.stat().st_size
    agent.wait_metric("sluice_agent_lag_bytes", written - 6)
    file.path.open("r+b").truncate(0)
    file.append("after")
    collector.start()
    wait_until(lambda: events(sandbox, event="gap"), "the gap", 60)
    agent.wait_metric("sluice_agent_bytes_lost_total", 1)
    lost = agent.lost()
    agent.kill()
    agent.start()
    file.append("after the crash")
    wait_until(lambda: b"after the crash" in sandbox.raw("app"), "the line after the crash")
    gaps = events(sandbox, event="gap")
    assert sum(event["bytes"] for event in gaps) == lost
    assert {event["reason"] for event in gaps} == {"truncated"}
    assert {event["level"] for event in gaps} == {"warn"}


def test_what_a_stop_cuts_off_of_a_deleted_file_is_told(sandbox):
    file = sandbox.log_file("app/x.log")
    file.append("first")
    collector = sandbox.collector()
    agent = sandbox.agent(sandbox.logs)
    sandbox.expect("app", file.lines)
    collector.kill()
    file.append(*numbered("unread", 100))
    unread = file.path.stat().st_size - len("first\n")
    agent.wait_metric("sluice_agent_lag_bytes", unread)
    file.path.unlink()
    agent.stop()
    assert agent.log().count(f"bytes_lost={unread}") == 1
    collector.start()
    agent.start()
    gaps = wait_until(lambda: events(sandbox, event="gap"), "the gap")
    assert [(gap["reason"], gap["bytes"]) for gap in gaps] == [("given_up", unread)]


def test_own_records_count_nowhere_and_are_not_shown_unless_asked_for(sandbox):
    file = sandbox.log_file("app/x.log")
    file.append(*numbered("x", 100))
    sandbox.collector()
    agent = sandbox.agent(sandbox.logs)
    sandbox.expect("app", file.lines)
    wait_until(lambda: events(sandbox), "an event")
    assert sandbox.raw() == file.lines
    assert sandbox.raw("*") == file.lines
    assert b"sluice.events" not in sandbox.cli("topics").stdout
    assert b"sluice.events" in sandbox.cli("topics", "sluice.*").stdout
    assert agent.metric("sluice_agent_records_acked_total") == 100
    assert agent.metric("sluice_agent_lines_read_total") == 100
    assert agent.metric("sluice_agent_files") == 1


def test_events_can_be_turned_off(sandbox):
    file = sandbox.log_file("app/x.log")
    file.append("one")
    sandbox.collector()
    agent = sandbox.agent(sandbox.logs, config="agent: {events: false}\n")
    sandbox.expect("app", file.lines)
    file.rotate()
    file.append("two")
    sandbox.expect("app", file.lines)
    assert sandbox.raw("sluice.events") == []
    assert not (agent.state_dir / "events").exists()


def test_a_storm_of_renames_is_summed_up(sandbox):
    file = sandbox.log_file("app/x.log")
    file.append("one")
    sandbox.collector()
    agent = sandbox.agent(sandbox.logs)
    sandbox.expect("app", file.lines)
    path = file.path
    begin = time.monotonic()

    def renamed_again():
        nonlocal path
        for n in range(10_000):
            target = path.with_name(f"x{n % 7}.log")
            os.rename(path, target)
            path = target
        return events(sandbox, event="suppressed")

    # How many of them an agent notices is a matter of how quickly it looks.
    wait_until(renamed_again, "the sum", 60)
    assert len(events(sandbox)) < 1_500 + 100 * (time.monotonic() - begin)  # a burst, and a rate
    assert sum(f.stat().st_size for f in (agent.state_dir / "events").iterdir()) < 2 << 20
    assert sandbox.raw("app") == file.lines


def test_a_collector_that_lost_its_data_is_noticed(sandbox):
    file = sandbox.log_file("app/x.log")
    file.append(*numbered("x", 100))
    collector = sandbox.collector()
    agent = sandbox.agent(sandbox.logs)
    sandbox.expect("app", file.lines)
    size = file.path.stat().st_size
    agent.wait_metric("sluice_agent_checkpoint_writes_total", 1)
    agent.stop()
    collector.stop()
    shutil.rmtree(collector.data_dir)
    collector.start()
    agent.start()
    agent.wait_metric("sluice_agent_collector_behind_bytes_total", size)
    behind = wait_until(lambda: events(sandbox, event="collector_behind"), "the event")
    assert [(event["files"], event["bytes"]) for event in behind] == [(1, size)]
    assert "does not hold what it had acknowledged" in agent.log()
    file.append("more")
    sandbox.expect("app", [b"more"])
    # What the message advises brings back what is still on disk.
    agent.stop()
    collector.stop()
    shutil.rmtree(collector.data_dir)
    for checkpoint in agent.state_dir.glob("checkpoint*"):
        checkpoint.unlink()
    collector.start()
    agent.start()
    sandbox.expect("app", file.lines)
