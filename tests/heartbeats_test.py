"""Heartbeats and silence: of the example service that is killed, of lines that stop coming; a monitor that was away."""

import datetime
import json
import subprocess
import sys
import time

import pytest

from tests.harness import settings
from tests.harness.alerts import alerts, wait_alerts
from tests.harness.http import post
from tests.harness.process import Program
from tests.harness.waiting import holds_for, wait_until

EXAMPLE = settings.ROOT / "examples/service.py"
QUICK = "heartbeats: {factor: 3, agents: false}\n"


@pytest.fixture
def service(sandbox):
    """The example service, which beats each second."""
    collector = sandbox.collector()
    program = Program(
        "service",
        [sys.executable, str(EXAMPLE), f"--collector=http://127.0.0.1:{collector.http_port}"]
        + ["--service=orders", "--environment=test", "--instance=orders-1", "--interval=1", "--rate=2"],
        sandbox.home / "service.log",
    )
    sandbox.programs.append(program)
    return program


def seconds_of(text: str) -> float:
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def known(monitor, count: int) -> None:
    wait_until(lambda: monitor.metric("sluice_monitor_heartbeats_known") == count, lambda: monitor.log())


def test_a_service_that_is_killed_is_missed_and_its_return_told(sandbox, service):
    monitor = sandbox.monitor(QUICK)
    monitor.wait_active()
    service.spawn()
    known(monitor, 1)
    holds_for(lambda: not alerts(sandbox), "a service that beats is missed", 5)
    service.kill()
    killed = time.time()
    (missing,) = wait_alerts(sandbox, 1, timeout=15)
    assert time.time() - killed < settings.scaled(8), "its own interval of one second counts, not the default"
    assert missing["rule"] == "missing_heartbeat" and missing["state"] == "firing"
    assert missing["group"] == {"environment": "test", "instance": "orders-1", "service": "orders"}
    since = seconds_of(missing["starts_at"])
    # It is stamped where it arrives: the last one may have been on its way when its sender died.
    assert killed - settings.scaled(2) <= since <= killed + settings.scaled(1), "since the last beat"
    assert missing["message"].startswith("missing heartbeat: environment=test instance=orders-1 service=orders, since 20")
    service.spawn()
    _, back = wait_alerts(sandbox, 2)
    assert back["state"] == "resolved" and back["starts_at"] == missing["starts_at"]
    assert seconds_of(back["ends_at"]) > since
    holds_for(lambda: len(alerts(sandbox)) == 2, "an alert is there twice", 2)


def test_a_monitor_that_was_away_does_not_cry_wolf(sandbox, service):
    monitor = sandbox.monitor(QUICK)
    monitor.wait_active()
    service.spawn()
    known(monitor, 1)
    monitor.kill()
    service.kill()
    time.sleep(8)  # longer than three intervals: nobody listens, and nobody beats
    service.spawn()
    monitor.start()
    monitor.wait_active()
    holds_for(lambda: not alerts(sandbox), "silence is told that nobody listened to", 6)
    # It has not gone deaf.
    service.kill()
    (missing,) = wait_alerts(sandbox, 1, timeout=15)
    assert missing["state"] == "firing"


@pytest.mark.parametrize("how", ["http", "sluice publish", "configuration"])
def test_a_retired_service_is_not_missed_any_more(sandbox, service, how):
    monitor = sandbox.monitor(QUICK)
    monitor.wait_active()
    service.spawn()
    known(monitor, 1)
    service.kill()
    wait_alerts(sandbox, 1, timeout=15)
    retired = b'{"service": "orders", "retired": true}'
    if how == "http":
        body = b'{"service": "orders", "interval": 1, "retired": true}'
        assert post(sandbox.collector_process.http_port, "/v1/heartbeats", body)[0] == 202
    elif how == "sluice publish":
        address = sandbox.collector_process.address
        subprocess.run([settings.CLI, "publish", "heartbeats", f"--collector={address}"], input=retired, check=True)
    else:
        monitor.config_path.write_text("heartbeats: {factor: 3, agents: false, retired: [orders]}\n")
    _, ended = wait_alerts(sandbox, 2)
    assert ended["state"] == "resolved"
    known(monitor, 0)


def test_lines_that_stop_coming_are_missed(sandbox):
    sandbox.collector()
    sandbox.agent(sandbox.logs)
    rule = "{name: quiet, condition: absence, window: 3s, group_by: [path], filter: {topics: [app]}}"
    sandbox.monitor(f"monitor: {{lateness: 1s}}\nheartbeats: {{enabled: false}}\nrules: [{rule}]\n").wait_active()
    one, other = sandbox.log_file("app/one.log"), sandbox.log_file("app/other.log")
    for _ in range(8):
        one.append(b"INFO alive")
        other.append(b"INFO alive")
        time.sleep(0.5)
    assert not alerts(sandbox)
    last = time.time()
    while not (found := alerts(sandbox)):
        other.append(b"INFO alive")
        assert time.time() < last + settings.scaled(20)
        time.sleep(0.5)
    (missing,) = found
    assert missing["group"]["path"].endswith("/one.log") and missing["state"] == "firing"
    assert missing["value"] >= 3 and missing["message"].startswith("quiet: nothing from path=")
    one.append(b"INFO alive")
    wait_until(lambda: [a for a in alerts(sandbox) if a["state"] == "resolved" and a["group"] == missing["group"]], "no end")


def test_a_field_of_a_json_line_is_known_though_agents_send_none(sandbox):
    sandbox.collector()
    sandbox.agent(sandbox.logs)
    rules = """
monitor: {lateness: 1s}
heartbeats: {enabled: false}
rules:
  - {name: slow, condition: average, field: attributes.took.ms, window: 2s, above: 100, filter: {attributes: {user: "a*"}}, group_by: [attributes.user]}
"""
    sandbox.monitor(rules).wait_active()
    line = {"level": "info", "user": "ann", "took": {"ms": 300}}
    log = sandbox.log_file("app/a.log")
    log.append(json.dumps(line).encode(), json.dumps(line | {"user": "bob"}).encode())
    (fired, *_) = wait_alerts(sandbox, 1)
    assert fired["group"] == {"attributes.user": "ann"} and fired["value"] == 300
    (record, _) = sandbox.json("tail", "app", "--no-follow", "--from=beginning")
    assert not record["attributes"], "the agent has sent the fields: the test says nothing"
