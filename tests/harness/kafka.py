"""A real Kafka broker, and what is in it by somebody else's word."""

import contextlib
import os
import pathlib
import re
import signal
import subprocess

from tests.harness import ports, settings

_SCRIPT = pathlib.Path(__file__).resolve().parent.parent.parent / "tools" / "kafka.sh"


class Broker:
    """One node, on ports of its own. Its data outlives stop() and kill()."""

    def __init__(self, home: pathlib.Path, **environment: str):
        self.home = home
        self.port = ports.free_ports(5)
        self.environment = {**os.environ, **environment}

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def _run(self, *args: str, timeout: float = 120) -> str:
        done = subprocess.run(
            [str(_SCRIPT), *args], env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, timeout=settings.scaled(timeout), check=False,
        )
        assert done.returncode == 0, f"kafka.sh {args}: {done.stderr.decode()}"
        return done.stdout.decode()

    def start(self) -> "Broker":
        fresh = not (self.home / "data").exists()
        try:
            self._run("start", str(self.port), str(self.home))
        except AssertionError as error:
            # Somebody else took one of the ports meanwhile; nobody knows this one yet.
            if not fresh or "Address already in use" not in str(error):
                raise
            self.port = ports.free_ports(5)
            self._run("start", str(self.port), str(self.home))
        return self

    def stop(self) -> None:
        self._run("stop", str(self.home))

    def kill(self) -> None:
        """As a crash does."""
        pid = self.home / "pid"
        if not pid.exists():
            return
        with contextlib.suppress(ProcessLookupError):  # it may have given up by itself
            os.kill(int(pid.read_text()), signal.SIGKILL)
        pid.unlink()

    def admin(self, tool: str, *args: str) -> str:
        return self._run("admin", f"org.apache.kafka.tools.{tool}", "--bootstrap-server", self.address, *args)

    def acl(self, *args: str) -> None:
        """Who may do what; the tool has moved."""
        old = self.environment.get("SLUICE_KAFKA_VERSION", "3").startswith("3")
        tool = "kafka.admin.AclCommand" if old else "org.apache.kafka.tools.AclCommand"
        self._run("admin", tool, "--bootstrap-server", self.address, *args)

    def topics(self) -> dict[str, int]:
        """The number of partitions by topic."""
        listing = self._kcat("-L").decode()
        return {name: int(count) for name, count in re.findall(r'^ *topic "(.*)" with (\d+) partitions', listing, re.MULTILINE)}

    def _kcat(self, *args: str) -> bytes:
        command = ["kcat", "-b", self.address, *args]
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120, check=True).stdout

    def produce(self, topic: str, key: str, value: str) -> None:
        """As a program does that is not Sluice."""
        command = ["kcat", "-b", self.address, "-P", "-t", topic, "-p", "0", "-K", "|"]
        subprocess.run(command, input=f"{key}|{value}\n".encode(), timeout=60, check=True)

    def messages(self, topic: str, what: str = "%p\t%o\t%k\t%h\t%s\n") -> list[list[str]]:
        """Every message of a topic: partition, offset, key, headers, value; each partition in its order."""
        if topic not in self.topics():
            return []
        text = self._kcat("-C", "-q", "-e", "-t", topic, "-o", "beginning", "-f", what).decode()
        return [line.split("\t") for line in text.split("\n")[:-1]]

    def value(self, topic: str, partition: int, offset: int) -> bytes:
        """Of one message, whatever is in it."""
        return self._kcat("-C", "-q", "-e", "-t", topic, "-p", str(partition), "-o", str(offset), "-c1", "-D", "", "-f", "%s")

    def ends(self, topic: str) -> dict[int, int]:
        """The end of each partition: also while others write, when nobody who reads comes to an end.

        A topic that comes or goes at this moment has none.
        """
        partitions = self.topics().get(topic, 0)
        asked = [argument for partition in range(partitions) for argument in ("-t", f"{topic}:{partition}:-1")]
        text = ""
        with contextlib.suppress(subprocess.CalledProcessError):
            text = self._kcat("-Q", *asked).decode() if asked else ""
        return {int(p): int(end) for p, end in re.findall(r"\[(\d+)\] offset (\d+)", text)}

    def values(self, topic: str) -> list[str]:
        return [message[0] for message in self.messages(topic, "%s\n")]


def config(broker: Broker, value_format: str = "text", more: str = "") -> str:
    """A collector's configuration."""
    return f"""
log:
  engine: kafka
  kafka:
    brokers: ["{broker.address}"]
    value_format: {value_format}
{more}"""
