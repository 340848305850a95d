"""The collector, the agent and the command line, as a user starts them."""

import json
import pathlib
import subprocess

from tests.harness import http, ports, settings
from tests.harness.process import Program
from tests.harness.waiting import wait_until


class Daemon(Program):
    """A program with an HTTP side."""

    http_port: int

    def start(self, path: str = "/readyz", status: int = 200) -> None:
        """Starts it and waits until `path` answers with `status`."""
        self.spawn()
        self.wait_http(path, status)

    def wait_http(self, path: str, status: int = 200, timeout: float = 20) -> None:
        def answers() -> bool:
            assert self.running, f"{self.name} ended with {self.process.returncode}:\n{self.log()[-4000:]}"
            return http.get(self.http_port, path)[0] == status

        wait_until(answers, lambda: f"{self.name}: {path} is not {status}:\n{self.log()[-4000:]}", timeout)

    def metrics(self) -> str:
        status, text = http.get(self.http_port, "/metrics")
        assert status == 200, f"{self.name}: /metrics gives {status}"
        return text

    def metric(self, name: str, **labels: str) -> float:
        return http.metric(self.metrics(), name, **labels)

    def wait_metric(self, name: str, at_least: float, timeout: float = 20, **labels: str) -> float:
        def enough() -> float:
            value = self.metric(name, **labels)
            return value if value >= at_least else 0

        return wait_until(enough, lambda: f"{name}{labels or ''} is {self.metric(name, **labels)}, not {at_least}", timeout)


class Collector(Daemon):
    def __init__(
        self,
        home: pathlib.Path,
        name: str = "collector",
        data_dir: pathlib.Path | None = None,
        grpc_port: int | None = None,
        config: str | None = None,
        prefix: list[str] | None = None,
    ):
        self.grpc_port = grpc_port or ports.free_port()
        self.http_port = ports.free_port()
        self.data_dir = data_dir or home / f"{name}-data"
        argv = [str(settings.COLLECTOR), f"--grpc-address={self.address}", f"--http-address=127.0.0.1:{self.http_port}"]
        argv += [f"--data-dir={self.data_dir}"]
        if config is not None:
            path = home / f"{name}.yaml"
            path.write_text(config)
            argv += [f"--config={path}"]
        super().__init__(name, argv, home / f"{name}.log", prefix)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.grpc_port}"

    def records(self, **labels: str) -> float:
        """Records stored since this process started."""
        return self.metric("sluice_collector_records_total", **labels)


class Agent(Daemon):
    def __init__(
        self,
        home: pathlib.Path,
        collector: str,
        *directories: pathlib.Path,
        name: str = "agent",
        agent_id: str = "agent-1",
        state_dir: pathlib.Path | None = None,
        config: str | None = None,
        prefix: list[str] | None = None,
        binary: pathlib.Path | None = None,
    ):
        self.http_port = ports.free_port()
        self.state_dir = state_dir or home / f"{name}-state"
        self.agent_id = agent_id
        argv = [str(binary or settings.AGENT), f"--state-dir={self.state_dir}"]
        argv += [f"--collector={collector}"] if collector else []  # else the configuration says
        argv += [f"--id={agent_id}", f"--http-address=127.0.0.1:{self.http_port}"]
        if config is not None:
            path = home / f"{name}.yaml"
            path.write_text(config)
            argv += [f"--config={path}"]
        argv += [str(d) for d in directories]
        super().__init__(name, argv, home / f"{name}.log", prefix)

    def start(self, path: str = "/healthz") -> None:
        super().start(path)

    def lost(self, **labels: str) -> float:
        return self.metric("sluice_agent_bytes_lost_total", **labels)


class Monitor(Daemon):
    """`sluice monitor`."""

    def __init__(
        self,
        home: pathlib.Path,
        collector: str,
        config: str = "",
        *args: str,
        name: str = "monitor",
        group: str = "default",
    ):
        self.http_port = ports.free_port()
        self.state_dir = home / f"{name}-state"
        self.config_path = home / f"{name}.yaml"
        self.config_path.write_text(config)
        argv = [str(settings.CLI), "monitor", f"--config={self.config_path}", f"--collector={collector}", f"--group={group}"]
        argv += [f"--state-dir={self.state_dir}", f"--http-address=127.0.0.1:{self.http_port}", *args]
        super().__init__(name, argv, home / f"{name}.log")

    def wait_active(self) -> None:
        self.wait_metric("sluice_monitor_active", 1)


class Tail(Program):
    """A `sluice tail` that follows; what it prints goes to a file."""

    def __init__(self, home: pathlib.Path, collector: str, *args: str, name: str = "tail"):
        self.out_path = home / f"{name}.out"
        argv = [str(settings.CLI), "tail", f"--collector={collector}", *args]
        super().__init__(name, argv, home / f"{name}.log")

    def spawn(self) -> None:
        with open(self.out_path, "ab") as out, open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=out, stderr=log)

    def output(self) -> bytes:
        return self.out_path.read_bytes() if self.out_path.exists() else b""

    def lines(self) -> list[bytes]:
        return split_lines(self.output())

    def records(self) -> list[dict]:
        """What `--output json` printed so far."""
        return [json.loads(line) for line in self.lines()]

    def wait_lines(self, count: int, timeout: float = 20) -> list[bytes]:
        return wait_until(
            lambda: self.lines() if self.output().count(b"\n") >= count else [],
            lambda: f"{self.name} shows {self.output().count(10)} lines, not {count}; its log:\n{self.log()[-2000:]}",
            timeout,
        )


def split_lines(data: bytes) -> list[bytes]:
    """The lines of newline-ended bytes, exactly (no CR, no Unicode line ends)."""
    return data.split(b"\n")[:-1]


def run_cli(*args: str, timeout: float = 60, **kwargs) -> subprocess.CompletedProcess:
    """Runs `sluice ARGS` to its end; bytes out."""
    return subprocess.run(
        [str(settings.CLI), *args],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=settings.scaled(timeout),
        **kwargs,
    )
