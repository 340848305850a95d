"""`sluice stats` and `sluice alerts`: what the topics `metrics` and `alerts` hold, for people and for scripts."""

import contextlib
import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import threading

import pytest

from tests.harness import settings
from tests.harness.waiting import wait_until


def statistics(minute: int, hits: int) -> str:
    return json.dumps(
        {
            "kind": "access",
            "from": f"2026-11-20T09:{minute:02}:30Z",
            "to": f"2026-11-20T09:{minute:02}:40Z",
            "interval_seconds": 10,
            "hits": hits,
            "hits_per_second": hits / 10,
            "bytes": hits * 1000,
            "status": {"2xx": hits},
            "methods": {"GET": hits},
            "unique_clients": 7,
            "error_rate": 0,
            "malformed": 0,
            "late": 0,
            "ahead": 0,
            "sections": [{"section": "/pages", "hits": hits, "bytes": hits * 1000, "errors": 0}],
        }
    )


def alert(state: str, rule: str, host: str) -> str:
    return json.dumps(
        {
            "rule": rule,
            "state": state,
            "severity": "warn",
            "group": {"host": host},
            "value": 12.5,
            "threshold": 10,
            "starts_at": "2026-11-20T09:15:39Z",
            "ends_at": "2026-11-20T09:18:39Z" if state == "resolved" else None,
            "message": f"{rule} on {host}",
            "labels": {},
        }
    )


class Terminal:
    """A command on a terminal of its own."""

    def __init__(self, *argv: str, width: int = 100, height: int = 30):
        self.master, slave = pty.openpty()
        self.resize(width, height)
        self.process = subprocess.Popen(
            [str(settings.CLI), *argv],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**os.environ, "TERM": "xterm-256color"},
            start_new_session=True,
        )
        os.close(slave)
        self._shown = b""
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        with contextlib.suppress(OSError):  # the other side is closed
            while data := os.read(self.master, 1 << 16):
                self._shown += data

    def resize(self, width: int, height: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def shown(self) -> str:
        return self._shown.decode(errors="replace")

    def wait_for(self, pattern: str) -> str:
        return wait_until(
            lambda: self.shown() if re.search(pattern, self.shown()) else "", lambda: f"{pattern!r} in {self.shown()!r}"
        )

    def end(self) -> int:
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(settings.scaled(20))
        self._thread.join(settings.scaled(20))
        os.close(self.master)
        return code


@pytest.fixture
def terminals():
    started: list[Terminal] = []
    yield lambda *args, **kwargs: started.append(Terminal(*args, **kwargs)) or started[-1]
    for terminal in started:
        terminal.process.kill()


def test_stats_shows_the_last_interval(sandbox):
    sandbox.collector()
    nothing = sandbox.cli("stats")
    assert nothing.returncode == 0 and b"no statistics yet" in nothing.stderr
    file = sandbox.log_file("metrics/x.log")
    file.append(statistics(14, 400), statistics(15, 1230), '{"kind":"something else"}', "no JSON")
    sandbox.agent(sandbox.logs)
    sandbox.expect("metrics", file.lines)
    text = sandbox.cli("stats", "--utc").stdout.decode()
    assert "2026-11-20 09:15:30 – 09:15:40" in text and "\x1b" not in text
    assert re.search(r"^/pages +1,230 +123 +120 KiB/s +0\.0 % +100\.0 %", text, re.MULTILINE), text
    assert sandbox.json("stats") == [json.loads(statistics(15, 1230))]


def test_stats_follows_in_plain_text_and_json(sandbox):
    collector = sandbox.collector()
    file = sandbox.log_file("metrics/x.log")
    file.append(statistics(14, 400))
    sandbox.agent(sandbox.logs)
    sandbox.expect("metrics", file.lines)
    argv = [str(settings.CLI), "stats", "--follow", f"--collector={collector.address}"]
    with subprocess.Popen([*argv, "--output=json"], stdout=subprocess.PIPE) as process:
        assert json.loads(process.stdout.readline())["hits"] == 400
        file.append(statistics(15, 500))
        assert json.loads(process.stdout.readline())["hits"] == 500
        process.terminate()
        assert process.wait(settings.scaled(20)) == 0
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as process:
        while not process.stdout.readline().startswith(b"/pages"):
            pass
        process.stdout.close()  # as `| head` does
        file.append(statistics(16, 500))
        assert process.wait(settings.scaled(20)) == 0


def test_stats_redraws_in_place_on_a_terminal(sandbox, terminals):
    collector = sandbox.collector()
    file = sandbox.log_file("metrics/x.log")
    sandbox.agent(sandbox.logs)
    terminal = terminals("stats", "--follow", f"--collector={collector.address}")
    terminal.wait_for("No statistics yet")
    file.append(statistics(14, 400))
    terminal.wait_for(r"hits/s(?s:.)*400")
    terminal.resize(40, 4)
    drawn = len(terminal.shown())
    file.append(statistics(15, 1230))
    wait_until(lambda: "123" in terminal.shown()[drawn:], "the next interval")
    frame = terminal.shown().rsplit("\x1b[H", 1)[1]
    assert frame.count("\r\n") == 3, frame  # no more lines than the terminal has
    collector.stop()
    terminal.resize(100, 30)
    terminal.wait_for("No connection to")
    assert terminal.end() == 0
    shown = terminal.shown()
    assert shown.startswith("\x1b[?1049h\x1b[?25l") and "\x1b[?25h\x1b[?1049l" in shown
    assert "/pages" in shown.rsplit("\x1b[?1049l", 1)[1], "what was seen last stays"


def test_alerts_lists_what_fires_and_what_was(sandbox):
    sandbox.collector()
    assert b"no alert fires" in sandbox.cli("alerts").stderr
    file = sandbox.log_file("alerts/x.log")
    file.append(alert("firing", "traffic", "web-1"), alert("firing", "traffic", "web-2"), alert("resolved", "traffic", "web-1"))
    sandbox.agent(sandbox.logs)
    sandbox.expect("alerts", file.lines)
    table = sandbox.cli("alerts").stdout.decode()
    assert "host=web-2" in table and "host=web-1" not in table, table
    assert [a["group"]["host"] for a in sandbox.json("alerts")] == ["web-2"]
    history = sandbox.cli("alerts", "--history", "--utc").stdout.decode().splitlines()
    assert [line.split("  ")[0] for line in history] == ["2026-11-20 09:15:39", "2026-11-20 09:15:39", "2026-11-20 09:18:39"]
    assert [line.split()[2] for line in history] == ["firing", "firing", "resolved"]
    for usage in (["--from=5m"], ["--sound"]):
        assert sandbox.cli("alerts", *usage).returncode == 2


def test_alerts_follows_with_a_bell(sandbox, terminals):
    collector = sandbox.collector()
    file = sandbox.log_file("alerts/x.log")
    file.append(alert("firing", "traffic", "web-1"))
    sandbox.agent(sandbox.logs)
    sandbox.expect("alerts", file.lines)
    terminal = terminals("alerts", "--follow", "--sound", f"--collector={collector.address}")
    terminal.wait_for("host=web-1")
    assert "\a" not in terminal.shown(), "it fired before"
    file.append(alert("firing", "errors", "web-2"))
    terminal.wait_for("\a.*firing.*errors")
    file.append(alert("resolved", "errors", "web-2"))
    terminal.wait_for("resolved.*errors")
    assert terminal.shown().count("\a") == 1
    assert terminal.end() == 0
