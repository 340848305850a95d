"""Which files are read, and which topic they go to."""

import json
import os
import shutil

from tests.conftest import needs_root
from tests.harness import settings
from tests.harness.logfile import numbered
from tests.harness.waiting import holds_for, wait_until


def topics(sandbox) -> set[str]:
    return {json.loads(line)["topic"] for line in sandbox.raw("--output=json")}


def wait_topics(sandbox, expected: set[str]) -> None:
    wait_until(lambda: topics(sandbox) >= expected, lambda: f"topics are {topics(sandbox)}, not {expected}")
    assert topics(sandbox) == expected


def source(sandbox, **keys) -> str:
    return "sources:\n  - " + json.dumps({"name": "src", "root": str(sandbox.logs), **keys}) + "\n"


def test_files_directly_in_the_root_go_to_the_sources_name(sandbox):
    sandbox.log_file("x.log").append("top")
    sandbox.log_file("a/b/c/x.log").append("deep")
    sandbox.collector()
    sandbox.agent(config=source(sandbox))
    wait_topics(sandbox, {"src", "a.b.c"})


def test_topic_templates(sandbox):
    sandbox.log_file("web/access.log").append("x")
    sandbox.collector()
    sandbox.agent(config=source(sandbox, topic="{agent}-{source}-{dir}-{file}"), agent_id="host9")
    wait_until(lambda: topics(sandbox), "a topic")
    (topic,) = topics(sandbox)
    assert topic.startswith("host9-src-web-access")


def test_a_hostile_directory_name_is_no_path_and_no_bad_topic(sandbox):
    for name in ("a b", "ä", "..x", "a;rm -rf", "A" * 200 + "/" + "B" * 200, "new\nline"):
        sandbox.log_file(f"{name}/x.log").append("x")
    collector = sandbox.collector()
    sandbox.agent(sandbox.logs)
    wait_until(lambda: collector.records() >= 6, "six records")
    for topic in topics(sandbox):
        assert 1 <= len(topic) <= 249 and topic not in (".", "..")
        assert all(c.isascii() and (c.isalnum() or c in "._-") for c in topic), topic


def test_include_and_exclude(sandbox):
    for name in ("a/keep.log", "a/drop.txt", "a/debug.log", "b/c/keep.log", "b/skip/keep.log", "a/old.log.gz"):
        sandbox.log_file(name).append(name)
    sandbox.collector()
    config = source(sandbox, include=["**/*.log"], exclude=["**/debug.log", "b/skip/**"])
    sandbox.agent(config=config)
    wait_topics(sandbox, {"a", "b.c"})
    assert sorted(sandbox.raw()) == [b"a/keep.log", b"b/c/keep.log"]


def test_compressed_files_are_read_only_if_asked_for(sandbox):
    for name in ("a/x.gz", "a/x.zst", "a/x.xz", "a/x.bz2"):
        sandbox.log_file(name).append(name)
    plain = sandbox.log_file("a/x.log")
    plain.append("plain")
    sandbox.collector()
    sandbox.agent(config=source(sandbox))
    sandbox.expect("a", [b"plain"])
    holds_for(lambda: sandbox.collector_process.records(topic="a") == 1, "a compressed file was read", 0.5)


def test_labels_travel_with_the_records(sandbox):
    sandbox.log_file("a/x.log").append("x")
    sandbox.collector()
    sandbox.agent(config=source(sandbox, labels={"service": "shop", "environment": "prod"}))
    sandbox.expect("a", [b"x"])
    (record,) = map(json.loads, sandbox.raw("--output=json"))
    assert record["labels"] == {"service": "shop", "environment": "prod"}
    assert record["source"] == "src"


def test_start_at_end_leaves_out_what_was_there(sandbox):
    old = sandbox.log_file("a/x.log")
    old.append(*numbered("old", 100))
    sandbox.collector()
    agent = sandbox.agent(config=source(sandbox, start_at="end"))
    agent.wait_http("/readyz")
    wait_until(lambda: agent.metric("sluice_agent_files_open") >= 1, "the file to be met")
    old.append("new")
    sandbox.expect("a", [b"new"])


def test_directories_made_later_are_watched(sandbox):
    collector = sandbox.collector()
    sandbox.agent(sandbox.logs)
    files = []
    for n in range(30):
        file = sandbox.log_file(f"made/later/d{n}/deep/x.log")
        file.append(*numbered(f"d{n}", 10))
        files.append(file)
    wait_until(lambda: collector.records() >= 300, lambda: f"{collector.records()} of 300 records")
    for file in files:
        file.append("more")
        sandbox.expect(".".join(file.path.parent.relative_to(sandbox.logs).parts), file.lines)


def test_a_root_made_later(sandbox):
    """A service that was not started yet has no log directory; the agent's own start must not depend on it."""
    sandbox.collector()
    agent = sandbox.agent(config=source(sandbox, root=str(sandbox.logs / "not" / "yet")))
    agent.wait_log(str(sandbox.logs / "not" / "yet"))
    file = sandbox.log_file("not/yet/a/x.log")
    file.append("here")
    sandbox.expect("a", [b"here"], timeout=60)


def test_a_directory_moved_in_and_one_moved_away(sandbox):
    collector = sandbox.collector()
    sandbox.agent(sandbox.logs)
    outside = sandbox.home / "outside"
    outside.mkdir()
    (outside / "x.log").write_bytes(b"one\ntwo\n")
    outside.rename(sandbox.logs / "inside")
    sandbox.expect("inside", [b"one", b"two"])
    (sandbox.logs / "inside").rename(sandbox.home / "gone")
    file = sandbox.log_file("inside/x.log")
    file.append("three")
    sandbox.expect("inside", [b"one", b"two", b"three"])
    assert collector.running


def test_symbolic_links_that_loop(sandbox):
    file = sandbox.log_file("a/x.log")
    file.append(*numbered("x", 100))
    (sandbox.logs / "a" / "self").symlink_to(".")
    (sandbox.logs / "a" / "up").symlink_to("..")
    (sandbox.logs / "b").symlink_to("a")
    (sandbox.logs / "one").symlink_to("two")
    (sandbox.logs / "two").symlink_to("one")
    (sandbox.logs / "dangling").symlink_to("nowhere")
    collector = sandbox.collector()
    agent = sandbox.agent(sandbox.logs)
    wait_until(lambda: collector.records() >= 100, "100 records")
    file.append("last")
    wait_until(lambda: b"last" in sandbox.raw(), "the last line")
    found = sandbox.raw()
    assert len(found) == 101 and found == file.lines
    assert agent.running


def test_a_fifo_a_socket_and_a_directory_in_place_of_a_file(sandbox):
    file = sandbox.log_file("a/x.log")
    file.append("one")
    os.mkfifo(sandbox.logs / "a" / "fifo")
    sandbox.collector()
    agent = sandbox.agent(sandbox.logs)
    sandbox.expect("a", [b"one"])
    file.path.unlink()
    file.path.mkdir()
    (file.path / "y.log").write_bytes(b"inside\n")
    sandbox.expect("a.x.log", [b"inside"])
    shutil.rmtree(file.path)
    os.mkfifo(file.path)
    other = sandbox.log_file("a/other.log")
    other.append("still alive")
    wait_until(lambda: b"still alive" in sandbox.raw("a"), "the agent goes on")
    assert agent.running


@needs_root
def test_an_unreadable_file_and_directory_are_told_once_and_read_later(sandbox):
    open_file, closed = sandbox.log_file("a/open.log"), sandbox.log_file("a/closed.log")
    hidden = sandbox.log_file("hidden/x.log")
    open_file.append("open")
    closed.append("closed")
    hidden.append("hidden")
    closed.path.chmod(0o000)
    hidden.path.parent.chmod(0o000)
    sandbox.collector()
    state = sandbox.home / "nobody-state"
    state.mkdir()
    os.chown(state, 65534, 65534)
    binary = sandbox.home / "sluice-agent"
    shutil.copy(settings.AGENT, binary)
    as_nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    agent = sandbox.agent(sandbox.logs, state_dir=state, prefix=as_nobody, binary=binary)
    sandbox.expect("a", [b"open"])
    agent.wait_log("closed.log")
    agent.wait_log("hidden")
    agent.wait_metric("sluice_agent_paths_unreadable", 2)
    open_file.append("more")
    sandbox.expect("a", [b"open", b"more"])
    assert agent.log().count("closed.log") <= 2, "told once, not again and again"
    closed.path.chmod(0o644)
    hidden.path.parent.chmod(0o755)
    wait_until(lambda: set(sandbox.raw()) == {b"open", b"more", b"closed", b"hidden"}, "all four lines", 60)


def test_thousands_of_files(sandbox):
    count = 3000
    for n in range(count):
        path = sandbox.logs / f"d{n % 50}" / f"{n}.log"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"%d first\n" % n)
    collector = sandbox.collector()
    sandbox.agent(sandbox.logs)
    wait_until(lambda: collector.records() >= count, lambda: f"{collector.records()} of {count}", 60)
    for n in range(0, count, 7):
        with open(sandbox.logs / f"d{n % 50}" / f"{n}.log", "ab") as file:
            file.write(b"%d second\n" % n)
    expected = [b"%d first" % n for n in range(count)] + [b"%d second" % n for n in range(0, count, 7)]
    wait_until(lambda: collector.records() >= len(expected), lambda: f"{collector.records()}", 60)
    assert sorted(sandbox.raw()) == sorted(expected)


def test_directories_that_are_polled(sandbox):
    file = sandbox.log_file("app/x.log")
    file.append("one")
    sandbox.collector()
    agent = sandbox.agent(config=source(sandbox, watch="poll", poll_interval="200ms"))
    sandbox.expect("app", [b"one"])
    assert agent.metric("sluice_agent_directories_polled") >= 2  # the root and app; the agent's own is watched
    file.append("two")
    sandbox.log_file("app/below/y.log").append("three")
    sandbox.expect("app", [b"one", b"two"])
    sandbox.expect("app.below", [b"three"])
