"""A directory, the programs that run in it, and what the log holds."""

import contextlib
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator

from tests.harness.logfile import LogFile
from tests.harness.process import Program
from tests.harness.programs import Agent, Collector, Monitor, Tail, run_cli, split_lines
from tests.harness.waiting import wait_until

_SANITIZER_REPORT = re.compile(r"(Address|Leak|Thread|UndefinedBehavior)Sanitizer|runtime error:")


class Sandbox:
    """Everything that a test starts; `close` ends it all."""

    def __init__(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="sluice-test-"))
        self.home.chmod(0o755)  # also for programs that run as another user
        self.logs = self.home / "logs"
        self.logs.mkdir()
        self.programs: list[Program] = []
        self._mounts: list[pathlib.Path] = []
        self._files: list[LogFile] = []
        self.collector_process: Collector | None = None

    # Programs.

    def collector(self, *, start: bool = True, **kwargs) -> Collector:
        collector = self._keep(Collector(self.home, **kwargs))
        self.collector_process = collector
        if start:
            collector.start()
        return collector

    def agent(self, *directories: pathlib.Path, start: bool = True, collector: str | None = None, **kwargs) -> Agent:
        address = self.collector_process.address if collector is None else collector
        agent = self._keep(Agent(self.home, address, *directories, **kwargs))
        if start:
            agent.start()
        return agent

    def monitor(self, config: str = "", *args: str, start: bool = True, **kwargs) -> Monitor:
        monitor = self._keep(Monitor(self.home, self.collector_process.address, config, *args, **kwargs))
        if start:
            monitor.start()
        return monitor

    def tail(self, *args: str, **kwargs) -> Tail:
        """A tail that follows, started."""
        tail = self._keep(Tail(self.home, self.collector_process.address, *args, **kwargs))
        tail.spawn()
        return tail

    def _keep(self, program):
        self.programs.append(program)
        return program

    # Files.

    def log_file(self, path: str) -> LogFile:
        """A log file below `logs`."""
        file = LogFile(self.logs / path)
        self._files.append(file)
        return file

    def tmpfs(self, name: str, size: str) -> pathlib.Path:
        """A small file system of its own; needs root."""
        path = self.home / name
        path.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "sluice-test", str(path)], check=True)
        self._mounts.append(path)
        return path

    # What the log holds.

    def cli(self, *args: str, **kwargs) -> subprocess.CompletedProcess:
        return run_cli(*args, f"--collector={self.collector_process.address}", **kwargs)

    def json(self, *args: str) -> list[dict]:
        """The objects that `sluice ARGS --output json` prints."""
        done = self.cli(*args, "--output=json")
        assert done.returncode == 0, done.stderr.decode()
        return [json.loads(line) for line in done.stdout.splitlines()]

    def cli_alone(self, *args: str, **kwargs) -> subprocess.CompletedProcess:
        """`sluice ARGS`, for what needs no collector."""
        return run_cli(*args, **kwargs)

    def raw(self, *args: str) -> list[bytes]:
        """The exact lines that the log holds, by `sluice tail --no-follow --output raw`."""
        output = () if any(a.startswith("--output") for a in args) else ("--output=raw",)
        done = self.cli("tail", "--no-follow", "--from=beginning", *output, *args)
        assert done.returncode == 0, done.stderr.decode()
        return split_lines(done.stdout)

    def expect(self, topic: str, lines: list[bytes], timeout: float = 20) -> None:
        """Waits until `topic` holds that many lines; they must be exactly these."""
        found: list[bytes] = []

        def enough() -> bool:
            nonlocal found
            found = self.raw(topic)
            return len(found) >= len(lines)

        with contextlib.suppress(AssertionError):
            wait_until(enough, "", timeout)
        assert_same_lines(topic, found, lines)

    # The end.

    def close(self) -> None:
        for program in self.programs:
            program.kill()
        for file in self._files:
            file.close()
        for mount in reversed(self._mounts):
            subprocess.run(["umount", "--lazy", str(mount)], check=False)
        shutil.rmtree(self.home, ignore_errors=True)

    def sanitizer_reports(self) -> Iterator[str]:
        for program in self.programs:
            if match := _SANITIZER_REPORT.search(program.log()):
                yield f"{program.name}:\n{program.log()[max(0, match.start() - 200) : match.start() + 6000]}"

    def describe(self) -> str:
        """The ends of all logs, for a failure."""
        parts = []
        for program in self.programs:
            state = "running" if program.running else f"ended with {program.process.returncode if program.process else None}"
            parts.append(f"--- {program.name} ({state}): {' '.join(program.argv)}\n{program.log()[-3000:]}")
        return "\n".join(parts)


def assert_same_lines(what: str, found: list[bytes], expected: list[bytes]) -> None:
    """Equality, told by the first difference: lines may be many and long."""
    if found == expected:
        return
    at = next((i for i, (f, e) in enumerate(zip(found, expected)) if f != e), min(len(found), len(expected)))
    missing, extra = len(set(expected) - set(found)), len(found) - len(set(found))
    raise AssertionError(
        f"{what}: {len(found)} lines, expected {len(expected)}; {missing} different lines missing, {extra} repeated; "
        f"first difference at line {at}:\n  found    {[line[:200] for line in found[at : at + 3]]}\n"
        f"  expected {[line[:200] for line in expected[at : at + 3]]}"
    )
