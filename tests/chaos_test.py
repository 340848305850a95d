"""Writers append and rotate while agent and collector are killed at random; afterwards each line is there exactly once,
in the log and in a live tail that was there all the time.

SLUICE_SEED repeats the choices of a run (not its timing); `./dev test --long` plays many more rounds.
"""

import collections
import random
import shutil
import threading
import time

import pytest

from tests.harness import settings
from tests.harness.logfile import LogFile
from tests.harness.sandbox import Sandbox, assert_same_lines
from tests.harness.waiting import wait_until

WRITERS = 4
ROUNDS = 20 if settings.LONG else 1
KILLS = 60 if settings.LONG else 18


class Writer(threading.Thread):
    """Appends to one file, in lines and in pieces, and renames it away now and then."""

    def __init__(self, file: LogFile, topic: str, rng: random.Random):
        super().__init__(daemon=True)
        self.file, self.topic, self.rng = file, topic, rng
        self.generation = 0
        self.stopping = threading.Event()
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            while not self.stopping.wait(self.rng.uniform(0.0005, 0.02)):
                self._step()
        except Exception as error:  # told by the test's main thread
            self.error = error

    def _step(self) -> None:
        choice = self.rng.random()
        if choice < 0.80:
            self.file.append(*(self._line() for _ in range(self.rng.randint(1, 60))))
        elif choice < 0.97:
            line = self._line() + b"\n"
            cut = self.rng.randrange(len(line))
            self.file.write(line[:cut])
            self.stopping.wait(self.rng.uniform(0, 0.03))
            self.file.write(line[cut:])
        else:
            self.file.rotate(f".{self.generation}")
            self.generation += 1

    def _line(self) -> bytes:
        """Names its file's generation and its place; some are long, empty-handed or no text."""
        filler = self.rng.choice([b"", b"ok", b"x" * self.rng.randint(0, 300), b"\xff\xfe\r", b"y" * 20_000])
        return b"%s g%04d n%08d %s" % (self.topic.encode(), self.generation, len(self.file.lines), filler)


def kill_at_random(box: Sandbox, rng: random.Random, forget_state: bool) -> None:
    collector, (agent,) = box.collector_process, [p for p in box.programs if p.name == "agent"]
    for _ in range(KILLS):
        time.sleep(rng.uniform(0.02, 0.5))  # the pace of the chaos, not a wait for anything
        victims = rng.choice([[agent], [collector], [agent, collector]])
        for victim in victims:
            victim.kill()
        if forget_state and agent in victims and rng.random() < 0.3:
            shutil.rmtree(agent.state_dir, ignore_errors=True)
        time.sleep(rng.uniform(0, 0.3))
        for victim in rng.sample(victims, len(victims)):
            victim.spawn()  # readiness is not waited for: the next kill may come before it


def by_generation(lines: list[bytes]) -> dict[bytes, list[bytes]]:
    groups = collections.defaultdict(list)
    for line in lines:
        groups[line.split(b" ", 2)[1]].append(line)
    return groups


@pytest.mark.parametrize("forget_state", [False, True], ids=["kill", "kill-and-forget"])
@pytest.mark.parametrize("round_", range(ROUNDS))
def test_each_line_exactly_once_whoever_is_killed(sandbox, forget_state, round_):
    rng = random.Random(settings.seed() + round_)
    sandbox.collector()
    agent = sandbox.agent(sandbox.logs)
    tail = sandbox.tail("--from=beginning", "--output=raw")
    writers = [
        Writer(sandbox.log_file(f"w{n}/app.log"), f"w{n}", random.Random(rng.random())) for n in range(WRITERS)
    ]
    for writer in writers:
        writer.start()
    try:
        kill_at_random(sandbox, rng, forget_state)
    finally:
        for writer in writers:
            writer.stopping.set()
        for writer in writers:
            writer.join()
    assert [w.error for w in writers if w.error] == []
    sandbox.collector_process.wait_http("/readyz")
    agent.wait_http("/readyz", timeout=40)

    expected = {w.topic: w.file.lines for w in writers}
    print({topic: f"{len(lines)} lines in {len(by_generation(lines))} files" for topic, lines in expected.items()})
    for topic, lines in expected.items():
        wait_until(lambda: len(sandbox.raw(topic)) >= len(lines), f"all of {topic}", 60)
        assert_each_once(topic, sandbox.raw(topic), lines)
    shown = tail.wait_lines(sum(map(len, expected.values())), 60)
    for topic, lines in expected.items():
        assert_each_once(f"tail, {topic}", [s for s in shown if s.startswith(topic.encode() + b" ")], lines)
    assert agent.lost() == 0


def assert_each_once(what: str, found: list[bytes], expected: list[bytes]) -> None:
    """File by file: each line once, in order, byte for byte."""
    groups, wanted = by_generation(found), by_generation(expected)
    for generation in sorted(set(groups) | set(wanted)):
        name = f"{what}, {generation.decode()}"
        assert_same_lines(name, groups.get(generation, []), wanted.get(generation, []))
