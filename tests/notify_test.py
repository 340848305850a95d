"""Whom the monitor tells of alerts: webhooks, a real Alertmanager, commands, sounds; a take-over, another configuration."""

import json
import os
import pathlib
import pty
import signal
import stat
import subprocess
import time

import pytest

from tests.harness import http, ports, settings
from tests.harness.process import Program
from tests.harness.waiting import holds_for, wait_until
from tests.harness.webhooks import Webhooks

ALERTMANAGER = settings.CACHE / "bin/prometheus-alertmanager"
# Debian's reads its templates from there only, and is not installed: it gets a /usr/share of its own, with empty ones,
# which nobody needs who sends no mail.
WITH_TEMPLATES = """
mount -t tmpfs tmpfs /usr/share && mkdir -p /usr/share/prometheus/alertmanager && cd /usr/share/prometheus/alertmanager &&
touch default.tmpl email.tmpl && exec "$@"
"""
# An alert for each line of topic "cause", at once, which ends some seconds later.
EACH = """
monitor: {lateness: 1s, start_at: beginning}
high_traffic: {enabled: false}
heartbeats: {enabled: false}
critical: {enabled: false}
rules: [{name: each, condition: count, above: 0, window: 1s, group_by: [body], severity: warn, filter: {topics: [cause]}}]
"""


@pytest.fixture
def hook():
    server = Webhooks(secret="hush")
    yield server
    server.close()


def channel(server: Webhooks, name: str = "ops") -> str:
    return f"notify: [{{kind: webhook, name: {name}, url: '{server.url}', secret: {server.secret or 'hush'}}}]\n"


def running(sandbox):
    """Topic "cause", which the test writes to."""
    sandbox.collector()
    sandbox.agent(sandbox.logs)
    return sandbox.log_file("cause/a.log")


def begun(server: Webhooks) -> list[str]:
    return [line for _, state, line in server.alerts() if state == "firing"]


def ended(server: Webhooks) -> list[str]:
    return [line for _, state, line in server.alerts() if state == "resolved"]


def test_a_webhook_is_told_signed_of_the_beginning_and_of_the_end(sandbox, hook):
    log = running(sandbox)
    sandbox.monitor(EACH + channel(hook)).wait_active()
    log.append(b"one", b"two")
    wait_until(lambda: sorted(ended(hook)) == ["one", "two"], lambda: str(hook.received))
    assert sorted(begun(hook)) == ["one", "two"]
    message = hook.received[0]
    assert message["version"] == 1 and message["status"] == "firing"
    assert message["alerts"][0]["severity"] == "warn" and message["alerts"][0]["ends_at"] is None


def test_one_that_fails_is_asked_again_and_delays_nobody(sandbox, hook):
    log = running(sandbox)
    bad = Webhooks()
    bad.status = 503
    hanging = Webhooks()
    hanging.hang.clear()
    try:
        channels = [("ops", hook), ("bad", bad), ("hangs", hanging)]
        config = ", ".join(f"{{kind: webhook, name: {n}, url: '{s.url}', secret: hush}}" for n, s in channels)
        monitor = sandbox.monitor(EACH + f"notify: [{config}]\n")
        monitor.wait_active()
        log.append(b"one")
        wait_until(lambda: ended(hook) == ["one"], lambda: str(hook.received))
        assert bad.refused >= 1 and not bad.received and not hanging.received
        bad.status = 200
        hanging.hang.set()
        wait_until(lambda: ended(bad) == ended(hanging) == ["one"], lambda: f"{bad.received} {hanging.received}")
        assert begun(bad) == begun(hanging) == ["one"]
        assert monitor.metric("sluice_monitor_notification_retries_total", channel="bad") >= 1
        assert monitor.metric("sluice_monitor_notifications_total", channel="hangs", result="sent") == 2
    finally:
        bad.close()
        hanging.close()


def test_a_standby_that_takes_over_repeats_nothing_and_misses_nothing(sandbox, hook):
    log = running(sandbox)
    one = sandbox.monitor(EACH + channel(hook), name="one")
    one.wait_active()
    other = sandbox.monitor(EACH + channel(hook), name="other")
    other.wait_http("/readyz")
    log.append(b"told before")
    wait_until(lambda: ended(hook) == ["told before"], lambda: str(hook.received))
    told = lambda: sandbox.json("tail", "notifications", "--no-follow", "--from=beginning")  # noqa: E731
    wait_until(lambda: len(told()) == 2, lambda: str(told()))
    # Of this one nobody is told: it is in the log, and the webhook hangs.
    hook.hang.clear()
    log.append(b"not told before")
    wait_until(
        lambda: any("not told before" in r["body"] for r in sandbox.json("tail", "alerts", "--no-follow", "--from=beginning")),
        "no alert",
    )
    one.kill()
    hook.received.clear()  # also that of the one that was killed while it waited for an answer
    other.wait_active()
    hook.hang.set()
    wait_until(lambda: "not told before" in ended(hook), lambda: str(hook.received))
    holds_for(lambda: "told before" not in begun(hook) + ended(hook), "an alert is told twice", 2)


def test_another_channel_and_other_statistics_are_taken_up(sandbox, hook):
    log = running(sandbox)
    wrong = Webhooks()
    wrong.status = 503
    try:
        monitor = sandbox.monitor(EACH + channel(wrong))
        monitor.wait_active()
        log.append(b"one")
        wait_until(lambda: wrong.refused >= 1, "nobody was asked")
        # What waits goes to the right one; no restart.
        statistics = "statistics: {topics: [access], interval: 1s}\n"
        monitor.config_path.write_text(EACH + channel(hook) + statistics)
        wait_until(lambda: "one" in ended(hook), lambda: str(hook.received) + monitor.log())
        assert begun(hook) == ["one"] and not wrong.received
        assert monitor.log().count("monitor: started") == 1
        now = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime())
        sandbox.log_file("access/a.log").append(f'10.0.0.1 - - [{now}] "GET /a HTTP/1.1" 200 12'.encode())
        metrics = lambda: sandbox.json("tail", "metrics", "--no-follow", "--from=beginning")  # noqa: E731
        (record,) = wait_until(metrics, lambda: monitor.log())
        assert json.loads(record["body"])["interval_seconds"] == 1
        assert "takes effect with a restart" not in monitor.log()
        # A connection is not taken up, and that is said.
        moved = EACH.replace("monitor: {", "monitor: {http_address: 127.0.0.1:1, topics: [x], ")
        monitor.config_path.write_text("collector: {address: 127.0.0.1:1}\n" + moved + channel(hook) + statistics)
        monitor.wait_log(r"takes effect with a restart.*monitor\.topics")
        # Flags come before the file: these say nothing new.
        (said,) = [line for line in monitor.log().splitlines() if "takes effect with a restart" in line]
        assert "collector.address" not in said and "http_address" not in said
        # A bad one changes nothing.
        monitor.config_path.write_text(EACH + "notify: [{kind: webhook, url: nowhere}]\n")
        monitor.process.send_signal(signal.SIGHUP)
        monitor.wait_log(r"notify\[0\]\.url: ")
        log.append(b"two")
        wait_until(lambda: "two" in ended(hook), lambda: str(hook.received))
    finally:
        wrong.close()


def test_what_is_silenced_is_in_the_log_and_told_when_the_silence_is_over(sandbox, hook):
    log = running(sandbox)
    long = EACH.replace("window: 1s", "window: 1m")
    silence = "silences: [{match: {rule: each, body: 'quiet*'}, comment: we know}]\n"
    monitor = sandbox.monitor(long + channel(hook) + silence)
    monitor.wait_active()
    log.append(b"quiet one", b"loud one")
    wait_until(lambda: begun(hook) == ["loud one"], lambda: str(hook.received))
    monitor.wait_metric("sluice_monitor_notifications_silenced_total", 1)
    found = [json.loads(r["body"]) for r in sandbox.json("tail", "alerts", "--no-follow", "--from=beginning")]
    assert sorted(a["group"]["body"] for a in found) == ["loud one", "quiet one"]
    holds_for(lambda: begun(hook) == ["loud one"], "a silenced alert is told", 2)
    # A maintenance window that is always, of other alerts, silences nothing.
    always = "maintenance: [{match: {body: 'other*'}, from: '00:00', to: '00:00'}]\n"
    monitor.config_path.write_text(long + channel(hook) + always)
    wait_until(lambda: begun(hook) == ["loud one", "quiet one"], lambda: str(hook.received))


def test_in_a_maintenance_window_nobody_is_told(sandbox, hook):
    log = running(sandbox)
    always = "maintenance: [{match: {rule: each}, from: '00:00', to: '00:00'}]\n"
    monitor = sandbox.monitor(EACH + channel(hook) + always)
    monitor.wait_active()
    log.append(b"one")
    monitor.wait_metric("sluice_monitor_notifications_silenced_total", 1)
    told = lambda: sandbox.json("tail", "alerts", "--no-follow", "--from=beginning")  # noqa: E731
    wait_until(lambda: len(told()) == 2, lambda: str(told()))  # it has begun and ended
    holds_for(lambda: not hook.received, "somebody is told", 2)


def test_a_real_alertmanager(sandbox):
    if not ALERTMANAGER.exists():
        pytest.skip("prometheus-alertmanager is not there: ./dev setup fetches it")
    if subprocess.run(["unshare", "--map-root-user", "--mount", "true"], capture_output=True).returncode != 0:
        pytest.skip("no mount namespaces here, and Debian's prometheus-alertmanager needs its files under /usr/share")
    log = running(sandbox)
    port = ports.free_port()
    config = sandbox.home / "alertmanager.yml"
    config.write_text("route: {receiver: none}\nreceivers: [{name: none}]\n")
    alertmanager = Program(
        "alertmanager",
        [str(ALERTMANAGER), f"--config.file={config}", f"--storage.path={sandbox.home}/alertmanager"]
        + [f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address="],
        sandbox.home / "alertmanager.log",
        ["unshare", "--map-root-user", "--mount", "sh", "-c", WITH_TEMPLATES, "sh"],
    )
    sandbox.programs.append(alertmanager)
    alertmanager.spawn()

    def known() -> list[dict]:
        status, body = http.get(port, "/api/v2/alerts")
        return json.loads(body) if status == 200 else []

    # Its window is long enough to look, and ends by itself.
    rules = EACH.replace("window: 1s", "window: 6s") + f"notify: [{{kind: alertmanager, url: 'http://127.0.0.1:{port}'}}]\n"
    monitor = sandbox.monitor(rules)
    monitor.wait_active()
    log.append(b"disk full")
    (alert,) = wait_until(known, lambda: monitor.log() + alertmanager.log())
    assert alert["labels"] == {"alertname": "each", "severity": "warn", "body": "disk full"}
    assert alert["annotations"]["summary"].startswith("each: 1 is above 0 for body=disk full")
    assert alert["status"]["state"] == "active"
    wait_until(lambda: not known(), lambda: f"it does not end: {known()}")
    assert monitor.metric("sluice_monitor_notifications_total", channel="alertmanager", result="sent") >= 2


def stub(directory: pathlib.Path, name: str, out: pathlib.Path, status: int = 0) -> None:
    """A program of this name that notes its arguments."""
    directory.mkdir(exist_ok=True)
    program = directory / name
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "{name} $*" >>{out}\nexit {status}\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)


@pytest.mark.parametrize("players, expected", [(["paplay", "aplay"], "paplay {}\n"), (["aplay"], "aplay -q {}\n")])
def test_a_sound_is_played(sandbox, players, expected, monkeypatch):
    """paplay, or aplay where there is none."""
    log = running(sandbox)
    out = sandbox.home / "played"
    for player in players:
        stub(sandbox.home / "bin", player, out)
    monkeypatch.setenv("PATH", f"{sandbox.home}/bin")  # with nothing else, and `sh` by its path
    sound = sandbox.home / "a sound.wav"
    monitor = sandbox.monitor(EACH + f"notify: [{{kind: sound, file: '{sound}'}}]\n")
    monitor.wait_active()
    log.append(b"one")
    monitor.wait_metric("sluice_monitor_notifications_total", 2, channel="sound", result="sent")
    assert out.read_text() == expected.format(sound)  # once: the end of an alert makes no sound


def test_the_bell_rings_on_a_terminal(sandbox):
    log = running(sandbox)
    monitor = sandbox.monitor(EACH + "notify: [{kind: sound}]\n", start=False)
    main, side = pty.openpty()
    monitor.process = subprocess.Popen(monitor.argv, stdin=subprocess.DEVNULL, stdout=side, stderr=side)
    os.close(side)
    monitor.wait_http("/readyz")
    monitor.wait_active()
    log.append(b"one")
    monitor.wait_metric("sluice_monitor_notifications_total", 2, channel="sound", result="sent")
    assert os.read(main, 1 << 16).count(b"\a") == 1
    monitor.stop()
    os.close(main)


def test_a_command_gets_the_alert(sandbox):
    log = running(sandbox)
    out = sandbox.home / "paged"
    program = sandbox.home / "page.sh"
    program.write_text(f'#!/bin/sh\ncat >>{out}\necho "$1 $SLUICE_ALERT_STATE $SLUICE_ALERT_GROUP" >>{out}\n')
    program.chmod(0o755)
    sandbox.monitor(EACH + f"notify: [{{kind: command, command: ['{program}', --to]}}]\n").wait_active()
    log.append(b"one; rm -rf /")
    wait_until(lambda: out.exists() and out.read_text().count("\n") == 4, lambda: out.read_text() if out.exists() else "")
    first, second, third, fourth = out.read_text().splitlines()
    assert json.loads(first)["state"] == "firing" and json.loads(third)["state"] == "resolved"
    assert second == '--to firing {"body":"one; rm -rf /"}' and fourth == '--to resolved {"body":"one; rm -rf /"}'
