"""`sluice agents`: who is there, how far behind, what is lost, which files."""

import time

from tests.conftest import needs_root
from tests.harness.logfile import numbered
from tests.harness.waiting import wait_until


def agent_of(sandbox, *args: str) -> dict:
    (agent,) = sandbox.json("agents", *args)
    return agent


def test_an_agent_is_shown_with_what_it_does(sandbox):
    sandbox.collector()
    file = sandbox.log_file("a/x.log")
    file.append(*numbered("line", 100))
    agent = sandbox.agent(sandbox.logs)
    wait_until(lambda: sandbox.json("agents") and agent_of(sandbox)["records"] >= 100, "the agent with its lines")
    shown = wait_until(lambda: (a := agent_of(sandbox))["files"] == 1 and a["lag_bytes"] == 0 and a, "its status")
    assert shown["id"] == "agent-1" and shown["connected"]
    assert shown["peer"].startswith("127.0.0.1:"), shown["peer"]
    assert shown["start_time"] and shown["last_seen"] and shown["version"]
    assert shown["config_error"] == "" and shown["bytes_lost"] == {}
    text = sandbox.cli("agents").stdout.decode()
    assert text.splitlines()[0].split() == (
        ["AGENT", "HOST", "STATE", "UP", "SEEN", "FILES", "LAG", "RATE", "RECORDS", "LOST", "CONFIG", "VERSION", "PEER"]
    )
    agent.stop()
    wait_until(lambda: not agent_of(sandbox)["connected"], "the agent to be gone")


def test_how_far_an_agent_came_is_shown_when_it_is_gone(sandbox):
    sandbox.collector()
    file = sandbox.log_file("a/x.log")
    agent = sandbox.agent(sandbox.logs)
    for count in (10, 20):
        file.append(*numbered("line", 10, first=count))
        sandbox.expect("a", file.lines)
    agent.stop()
    shown = agent_of(sandbox, "--files")
    assert shown["lag_bytes"] == 0
    size = file.path.stat().st_size
    assert [(f["acked_offset"], f["size"]) for f in shown["file_list"]["files"]] == [(size, size)]


def test_the_rate_is_there_while_lines_come_and_gone_after_them(sandbox):
    sandbox.collector()
    file = sandbox.log_file("a/x.log")
    sandbox.agent(sandbox.logs)
    deadline = time.monotonic() + 20
    rate = 0.0
    while rate < 50 and time.monotonic() < deadline:
        file.append(*numbered("line", 100))
        time.sleep(0.2)
        rate = agent_of(sandbox)["records_per_second"]
    assert 50 <= rate < 5000, rate
    wait_until(lambda: agent_of(sandbox)["records_per_second"] == 0, "the rate to end")


def test_the_lag_has_an_age(sandbox):
    sandbox.collector(config="limits: {topics: 1}\n")
    first = sandbox.log_file("a/x.log")
    first.append("stored")
    sandbox.agent(sandbox.logs)
    sandbox.expect("a", [b"stored"])
    sandbox.log_file("b/x.log").append("refused, for there is a topic already")
    shown = wait_until(lambda: (a := agent_of(sandbox, "--files"))["lag_millis"] > 2000 and a, "an age")
    assert shown["lag_bytes"] > 0
    held = wait_until(
        lambda: [f for f in agent_of(sandbox, "--files")["file_list"]["files"] if f["state"] == "held"],
        "the file to be shown as held",
    )
    assert held[0]["path"] == str(sandbox.logs / "b/x.log") and held[0]["acked_offset"] == 0


def test_files_are_shown_with_their_state(sandbox):
    sandbox.collector()
    live = sandbox.log_file("a/live.log")
    live.append("one", "two")
    agent = sandbox.agent(sandbox.logs)
    sandbox.expect("a", live.lines)
    size = live.path.stat().st_size

    def listed() -> dict:
        shown = agent_of(sandbox, "--files")
        return {f["path"]: f for f in shown.get("file_list", {}).get("files", [])}

    found = wait_until(
        lambda: (f := listed().get(str(live.path))) and f["acked_offset"] == size and f, "the file", timeout=30
    )
    assert (found["topic"], found["size"], found["lag_bytes"], found["state"]) == ("a", size, 0, "live")
    text = sandbox.cli("agents", "agent-1", "--files").stdout.decode()
    assert text.splitlines()[0].split() == ["AGENT", "STATE", "SIZE", "ACKED", "LAG", "TOPIC", "PATH"]
    assert str(live.path) in text
    assert "file_list" not in agent_of(sandbox), "only if it is asked for"
    assert sandbox.cli("agents", "nobody").stdout.count(b"\n") == 1
    agent.stop()


def test_losses_are_shown(sandbox):
    sandbox.collector()
    file = sandbox.log_file("a/x.log")
    file.append("first")
    agent = sandbox.agent(sandbox.logs)
    sandbox.expect("a", [b"first"])
    sandbox.collector_process.kill()
    file.append(*numbered("not read", 100))
    wait_until(lambda: agent.metric("sluice_agent_lag_bytes") > 1000, "the agent to know of them")
    file.copytruncate(suffix=".gz")
    sandbox.collector_process.start()
    lost = wait_until(lambda: agent_of(sandbox)["bytes_lost"].get("truncated"), "the loss")
    assert lost == agent.lost(reason="truncated")
    assert "truncated" in sandbox.cli("agents").stdout.decode()


@needs_root
def test_a_thousand_files_are_shown_and_the_others_counted(sandbox):
    sandbox.collector()
    directory = sandbox.logs / ("a" * 100)  # the list has as many bytes as it may have
    directory.mkdir()
    for n in range(1200):
        (directory / f"{n}.log").write_text(f"line {n}\n")
    agent = sandbox.agent(sandbox.logs)
    agent.wait_metric("sluice_agent_records_acked_total", 1200)
    shown = wait_until(
        lambda: (f := agent_of(sandbox, "--files").get("file_list")) and f["by_state"].get("live") == 1200 and f,
        "the files",
        timeout=30,
    )
    assert len(shown["files"]) + shown["omitted"] == 1200 and shown["omitted"] >= 200
    assert "more files" in sandbox.cli("agents", "--files").stdout.decode()
    assert agent.metric("sluice_agent_connections_lost_total") == 0
