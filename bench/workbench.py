"""What the parts of the benchmark share."""

import os
import pathlib
import shutil
import subprocess

from bench.figures import Figure
from tests.harness import settings
from tests.harness.process import Program
from tests.harness.programs import Agent, Collector
from tests.harness.waiting import wait_until

MIB = 1024


class Bench:
    """A directory of its own and the programs of one part."""

    def __init__(self, part: str, directory: pathlib.Path, lines: int):
        self.part, self.lines = part, lines
        self.home = directory / part
        shutil.rmtree(self.home, ignore_errors=True)
        self.logs = self.home / "logs"
        self.logs.mkdir(parents=True)
        self.corpus = directory / f"json-{lines}" / "shop.json"
        self.figures: list[Figure] = []
        self.programs: list[Program] = []

    def add(self, name: str, value: float, unit: str, **target: float) -> None:
        self.figures.append(Figure(self.part, name, value, unit, **target))

    def collector(self) -> Collector:
        collector = Collector(self.home)
        self.programs.append(collector)
        collector.start()
        return collector

    def agent(self, collector: Collector, *, start: bool = True) -> Agent:
        agent = Agent(self.home, collector.address, self.logs)
        self.programs.append(agent)
        if start:
            agent.start()
        return agent

    def load(self, tool: str, *args: object, **kwargs) -> subprocess.Popen:
        command = [str(settings.BIN / "bench/load" / tool), *map(str, args)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **kwargs)

    def json_file(self) -> pathlib.Path:
        """The generated JSON lines; made once."""
        if not self.corpus.exists():
            made = self.home / "generated"
            command = [str(settings.CLI), "generate", f"--dir={made}", "--kind=json", f"--count={self.lines}"]
            subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
            (file,) = made.iterdir()
            self.corpus.parent.mkdir(parents=True, exist_ok=True)
            file.rename(self.corpus)
        return self.corpus

    def place(self, topic: str) -> pathlib.Path:
        """The JSON file as a log file of `topic`, warm in the page cache."""
        path = self.logs / topic / "shop.json"
        path.parent.mkdir()
        os.link(self.json_file(), path)
        with open(path, "rb") as file:
            while file.read(1 << 22):
                pass
        return path

    def stop(self) -> None:
        """Ends the programs that run."""
        for program in self.programs:
            program.kill()
        self.programs.clear()

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)


def wait_acked(agent: Agent, records: int, timeout: float = 600) -> None:
    wait_until(lambda: agent.metric("sluice_agent_records_acked_total") >= records, f"{records} acks", timeout)
