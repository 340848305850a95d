"""The monitor: alerts by rule, heartbeats, the copies of what is severe; killed, replaced, configured badly."""

import datetime
import json
import re
import signal
import time

from tests.harness.alerts import alerts, wait_alerts
from tests.harness.programs import run_cli
from tests.harness.waiting import holds_for, wait_until

# A window of seconds, so that a test need not take minutes.
HIGH_TRAFFIC = """
monitor: {lateness: 5s, start_at: beginning}
high_traffic: {topics: [access], window: 4s, threshold: 20}
"""
MESSAGE = re.compile(r"^High traffic generated an alert - hits = ([0-9.]+), triggered at (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)$")
RECOVERY = re.compile(r"^High traffic alert recovered - hits = ([0-9.]+), recovered at (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)$")


def access_line(at: float, path: str = "/pages/x") -> bytes:
    time_text = datetime.datetime.fromtimestamp(at, datetime.timezone.utc).strftime("%d/%b/%Y:%H:%M:%S +0000")
    return f'10.0.0.1 - - [{time_text}] "GET {path} HTTP/1.1" 200 512'.encode()


def running(sandbox) -> None:
    sandbox.collector()
    sandbox.agent(sandbox.logs)


def identities(found: list[dict]) -> list[tuple]:
    return [(a["rule"], a["state"], a["starts_at"], a["ends_at"], a["message"]) for a in found]


def test_high_traffic_is_told_and_its_end(sandbox):
    running(sandbox)
    sandbox.monitor(HIGH_TRAFFIC).wait_active()
    directory = sandbox.logs / "access"
    generate = ("generate", f"--dir={directory}", "--kind=access")
    # 5 a second: below; 40 a second: above; 5 a second again.
    assert run_cli(*generate, "--rate=5", "--count=10").returncode == 0
    assert not alerts(sandbox)
    begin = time.time()
    assert run_cli(*generate, "--rate=40", "--count=160").returncode == 0
    (fired,) = wait_alerts(sandbox, 1)
    match = MESSAGE.match(fired["message"])
    assert match and float(match[1]) > 20, fired
    triggered = datetime.datetime.fromisoformat(match[2].replace("Z", "+00:00")).timestamp()
    assert begin - 2 <= triggered <= time.time()
    assert run_cli(*generate, "--rate=5", "--count=30").returncode == 0
    _, recovered = wait_alerts(sandbox, 2)
    match = RECOVERY.match(recovered["message"])
    assert match and float(match[1]) < 20, recovered
    assert recovered["starts_at"] == fired["starts_at"]


def test_a_replay_gives_the_same_alerts_as_live(sandbox):
    running(sandbox)
    sandbox.monitor(HIGH_TRAFFIC, name="live").wait_active()
    log = sandbox.log_file("access/access.log")
    for count in (2, 4):
        log.append(*[access_line(time.time())] * 120)
        live = wait_alerts(sandbox, count)
    assert [a["state"] for a in live] == ["firing", "resolved"] * 2
    sandbox.monitor(HIGH_TRAFFIC, name="replay", group="replay").wait_active()
    replayed = [a for a in wait_alerts(sandbox, 8) if a["publisher"] == "publisher:monitor-replay"]
    assert identities(replayed) == identities(live)


def test_killed_it_neither_repeats_an_alert_nor_misses_one(sandbox):
    sandbox.collector()
    sandbox.agent(config=f"sources: [{{name: app, root: {sandbox.logs}, parser: logfmt, fields: all}}]")
    config = """
monitor: {lateness: 5s, start_at: beginning}
rules:
  - {name: each, condition: count, above: 0, window: 1s, group_by: [attributes.n]}
"""
    monitor = sandbox.monitor(config)
    log = sandbox.log_file("app/app.log")
    expected = set()
    for round_ in range(8):
        for n in range(20):
            log.append(f"level=info n={round_}-{n}".encode())
            expected.add(f"{round_}-{n}")
        time.sleep(0.05 * round_)  # the pace of the crashes, not a wait for anything
        monitor.kill()
        monitor.start()

    def firing() -> list[str]:
        return [a["group"]["attributes.n"] for a in alerts(sandbox) if a["state"] == "firing"]

    wait_until(lambda: set(firing()) >= expected, lambda: f"{len(set(firing()))} of {len(expected)}", 40)
    holds_for(lambda: len(firing()) == len(expected), "an alert is there twice", 1)
    wait_until(lambda: len(alerts(sandbox)) == 2 * len(expected), lambda: f"{len(alerts(sandbox))} alerts", 40)
    assert len({a["id"] for a in alerts(sandbox)}) == 2 * len(expected)


def test_a_standby_takes_over(sandbox):
    running(sandbox)
    one = sandbox.monitor(HIGH_TRAFFIC, name="one")
    one.wait_active()
    other = sandbox.monitor(HIGH_TRAFFIC, name="other")
    log = sandbox.log_file("access/access.log")
    log.append(*[access_line(time.time())] * 200)
    wait_alerts(sandbox, 1)
    assert other.metric("sluice_monitor_active") == 0
    one.kill()
    other.wait_active()
    found = wait_alerts(sandbox, 2)
    assert [a["state"] for a in found] == ["firing", "resolved"]
    holds_for(lambda: len(alerts(sandbox)) == 2, "an alert is there twice", 1)


def test_warnings_of_all_services_are_copied(sandbox):
    running(sandbox)
    sandbox.monitor("monitor: {start_at: beginning}").wait_active()
    sandbox.log_file("shop/a.log").append(b"2026-11-20T09:00:00Z INFO all is well", b"2026-11-20T09:00:01Z ERROR payment failed")
    sandbox.log_file("mail/a.log").append(b"2026-11-20T09:00:02Z WARN slow")

    def copies() -> dict:
        lines = sandbox.cli("tail", "critical", "--from=beginning", "--no-follow", "--output=json").stdout.splitlines()
        return {json.loads(line)["attributes"]["origin.topic"]: json.loads(line) for line in lines}

    wait_until(lambda: set(copies()) == {"shop", "mail"}, lambda: str(copies()))
    assert copies()["shop"]["body"] == "2026-11-20T09:00:01Z ERROR payment failed"
    assert copies()["shop"]["severity"] == "ERROR"


def test_silence_of_an_agent_is_told_and_its_return(sandbox):
    sandbox.collector()
    monitor = sandbox.monitor("heartbeats: {factor: 8, agent_interval: 1s}\n")
    monitor.wait_active()
    agent = sandbox.agent(sandbox.logs)
    monitor.wait_metric("sluice_monitor_heartbeats_known", 1)
    assert not alerts(sandbox)
    agent.kill()
    (missing,) = wait_alerts(sandbox, 1)
    assert missing["rule"] == "missing_heartbeat" and missing["group"]["agent"] == "agent-1"
    assert missing["message"].startswith("missing heartbeat: agent=agent-1 ")
    agent.start()
    _, back = wait_alerts(sandbox, 2)
    assert back["state"] == "resolved" and back["starts_at"] == missing["starts_at"]


def test_a_change_of_the_configuration_is_taken_up(sandbox):
    running(sandbox)
    monitor = sandbox.monitor(HIGH_TRAFFIC)
    monitor.wait_active()
    monitor.config_path.write_text(HIGH_TRAFFIC + "rules: [{name: r, condition: cuont}]\n")
    wait_until(lambda: "rules[0].condition: found" in monitor.log(), lambda: monitor.log())
    wait_until(lambda: monitor.metric("sluice_monitor_config_valid") == 0, "the configuration is valid")
    rule = "{name: shop, condition: count, above: 0, window: 1m, filter: {topics: [shop]}}"
    monitor.config_path.write_text(HIGH_TRAFFIC + f"rules: [{rule}]\n")
    monitor.process.send_signal(signal.SIGHUP)
    wait_until(lambda: monitor.metric("sluice_monitor_config_valid") == 1, "the configuration is not valid")
    sandbox.log_file("shop/a.log").append(b"hello")
    (fired,) = wait_alerts(sandbox, 1)
    assert fired["rule"] == "shop"


def test_a_bad_configuration_is_told_with_its_place(sandbox):
    cases = {
        "rules:\n  - {name: a, condition: count, above: 1, windw: 5m}": r':2: rules\[0\]\.windw: unknown key; did you mean "window"\?',
        "rules:\n  - {name: a, condition: count, above: 1, window: 0s}": r':2: rules\[0\]\.window: found "0s"; expected a duration',
        "high_traffic: {threshold: ten}": r':1: high_traffic\.threshold: found "ten"; expected a number',
        'rules:\n  - {name: a, condition: count, above: 1, filter: {regex: "("}}': r":2: rules\[0\]\.filter\.regex: .*missing \)",
        "monitor: {group: a/b}": r":1: monitor\.group: found",
        "monitor: {http_address: 0.0.0.0:7073}": r":1: monitor\.http_address: refusing to listen on 0\.0\.0\.0:7073",
    }
    path = sandbox.home / "bad.yaml"
    for config, problem in cases.items():
        path.write_text(config)
        for check in (["--check-config"], []):
            done = run_cli("monitor", f"--config={path}", *check)
            assert done.returncode == 2, (config, done)
            assert re.search(re.escape(str(path)) + problem, done.stderr.decode()), done.stderr.decode()
    path.write_text(HIGH_TRAFFIC)
    done = run_cli("monitor", f"--config={path}", "--check-config")
    assert (done.returncode, done.stdout) == (0, b"configuration is valid: 1 rules\n")
