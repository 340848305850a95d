"""A program that a test started."""

import os
import pathlib
import re
import signal
import subprocess

from tests.harness import settings
from tests.harness.waiting import wait_until


def heed_interrupts() -> None:
    """In a child: whoever runs the tests in the background may ignore SIGINT, and that would be inherited."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Program:
    """One of the programs, with its log in a file. Can be started again after it ended."""

    def __init__(self, name: str, argv: list[str], log: pathlib.Path, prefix: list[str] | None = None):
        self.name = name
        self.argv = argv
        self.log_path = log
        self.prefix = prefix or []
        self.process: subprocess.Popen | None = None

    def spawn(self) -> None:
        assert not self.running, f"{self.name} runs already"
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [*self.prefix, *self.argv],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=heed_interrupts,
            )

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def log(self) -> str:
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def wait_log(self, pattern: str, timeout: float = 20) -> re.Match:
        return wait_until(
            lambda: re.search(pattern, self.log()), lambda: f"{self.name} did not log {pattern!r}:\n{self.log()}", timeout
        )

    def kill(self) -> None:
        """kill -9."""
        if self.running:
            self.process.kill()
        if self.process is not None:
            self.process.wait()

    def replace(self) -> None:
        """kill -9 and a new one at once, which may find what the killed one still holds."""
        killed = self.process
        killed.kill()
        self.process = None
        self.spawn()
        killed.wait()

    def freeze(self) -> None:
        """SIGSTOP. Behind it no thread runs any more: a busy machine leaves some of them time to go on at first."""
        self.process.send_signal(signal.SIGSTOP)
        threads = pathlib.Path(f"/proc/{self.pid}/task")
        wait_until(
            lambda: all((thread / "stat").read_text().rpartition(")")[2].split()[0] == "T" for thread in threads.iterdir()),
            f"{self.name} to stand still",
        )

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def stop(self, expect: int | None = 0, timeout: float = 30, with_signal: int = signal.SIGTERM) -> int:
        """Asks it to stop, and expects that exit code."""
        assert self.process is not None
        if self.running:
            self.process.send_signal(with_signal)
        return self.wait_exit(expect, timeout)

    def wait_exit(self, expect: int | None = None, timeout: float = 30) -> int:
        assert self.process is not None
        try:
            code = self.process.wait(settings.scaled(timeout))
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} did not end; its log:\n{self.log()[-4000:]}") from None
        assert expect is None or code == expect, f"{self.name} ended with {code}; its log:\n{self.log()[-4000:]}"
        return code

    def status_kib(self, field: str) -> int:
        """A field of /proc/PID/status in KiB: VmRSS, VmHWM (the peak)."""
        text = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(rf"^{field}:\s+(\d+) kB", text, re.MULTILINE)[1])

    def cpu_seconds(self) -> float:
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
