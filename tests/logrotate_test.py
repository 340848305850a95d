"""Debian's own logrotate, as hosts run it: each line once and in order, whatever it is told to do."""

import os
import subprocess
import threading
from collections.abc import Callable

import pytest

from tests.harness.logfile import LogFile
from tests.harness.sandbox import assert_same_lines
from tests.harness.waiting import wait_until

MODES = {
    "create": "create 0644",
    "nocreate": "nocreate",
    "delaycompress": "create 0644\n compress\n delaycompress",
    "compress": "create 0644\n compress",
    "compress-zstd": "create 0644\n compress\n compresscmd /usr/bin/zstd\n compressext .zst",
    "dateext": "create 0644\n dateext\n dateformat -%Y%m%d-%s",
    "dateext-compress": "create 0644\n dateext\n dateformat -%Y%m%d-%s\n compress\n delaycompress",
    "dateext-compress-at-once": "create 0644\n dateext\n dateformat -%Y%m%d-%s\n compress",
    "olddir": "create 0644\n olddir {olddir}\n createolddir 0755",
    "extension": "create 0644\n extension .log",
    "extension-dateext-delaycompress": "create 0644\n extension .log\n dateext\n dateformat -%Y%m%d-%s\n compress\n delaycompress",
    "copytruncate": "copytruncate",
    "copytruncate-compress": "copytruncate\n compress",
    "copytruncate-delaycompress": "copytruncate\n compress\n delaycompress",
    "copytruncate-dateext": "copytruncate\n dateext\n dateformat -%Y%m%d-%s",
    "copytruncate-extension": "copytruncate\n extension .log",
    "copytruncate-extension-dateext": "copytruncate\n extension .log\n dateext\n dateformat -%Y%m%d-%s",
    "start-0": "create 0644\n start 0",
    "start-0-compress": "create 0644\n start 0\n compress",
    "copytruncate-start-0": "copytruncate\n start 0",
    "copytruncate-start-0-extension": "copytruncate\n start 0\n extension .log",
    "copytruncate-start-0-olddir": "copytruncate\n start 0\n olddir {olddir}\n createolddir 0755",
    "copytruncate-olddir": "copytruncate\n olddir {olddir}\n createolddir 0755",
}
# Compressed generations are read, too: nothing may come twice because of that.
ARCHIVES = "sources: [{{name: logs, root: '{root}', exclude: []}}]\n"
# Lines with an odd number go on with the record before; the last one waits for more at the end of each file.
SEVERAL_LINES = "sources: [{{name: logs, root: '{root}', exclude: [], multiline: {{continuation: '^line \\d*[13579] '}}}}]\n"


class Writer(threading.Thread):
    """A daemon under load. It opens its log again when another file has its name, as after a signal from logrotate.

    It makes that file only if logrotate does not: one that stands in the way of `create` gets a name of its own from
    logrotate (app.log-2026112009.backup), which does not tell its place among the generations.
    """

    def __init__(self, file: LogFile, mode: str):
        super().__init__(daemon=True)
        self.file = file
        self.makes_file = not MODES[mode].startswith("create")
        self.stopping = threading.Event()
        self.lock = threading.Lock()  # held while nothing may be written
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            while not self.stopping.wait(0.001):
                with self.lock:
                    self.burst(20)
        except Exception as error:  # told by the test's main thread
            self.error = error

    def written(self) -> int:
        """The lines up to now; those to come go into the file that has the name now, or a later one."""
        with self.lock:
            return len(self.file.lines)

    def burst(self, count: int) -> None:
        self.file.reopen_if_moved(may_create=self.makes_file)
        first = len(self.file.lines)
        self.file.append(*(b"line %08d %s" % (n, b"x" * (n % 97)) for n in range(first, first + count)))


class Logrotate:
    def __init__(self, sandbox, file: LogFile, mode: str):
        self.copies = mode.startswith("copytruncate")
        self.compresses_at_once = "compress" in MODES[mode] and "delaycompress" not in MODES[mode]
        self.state = sandbox.home / "logrotate.state"
        self.config = sandbox.home / "logrotate.conf"
        options = MODES[mode].format(olddir=file.path.parent / "old")
        self.config.write_text(f"{file.path} {{\n su root root\n rotate 50\n missingok\n nomail\n {options}\n}}\n")
        self.config.chmod(0o644)

    def force(
        self, writer: Writer | None = None, agent_is_away: bool = False, is_read: Callable[[int], bool] | None = None
    ) -> None:
        """What is written while a file is copied is lost by its nature; and so it is while one is compressed that
        nobody has open. `is_read` is waited for before: that so many lines are."""
        if writer is not None and (self.copies or (self.compresses_at_once and agent_is_away)):
            with writer.lock:
                if is_read is not None:
                    wait_until(lambda: is_read(len(writer.file.lines)), "the agent to have read so far")
                self.force()
            return
        wait_until(self._rotated, "a second to pass, for a new name")

    def _rotated(self) -> bool:
        argv = ["logrotate", "--force", "--state", str(self.state), str(self.config)]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0 or "already exists" in done.stderr, done.stderr
        return done.returncode == 0


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="logrotate's `su` needs root")


@needs_root
@pytest.mark.parametrize("archives", [False, True], ids=["plain", "archives"])
@pytest.mark.parametrize("mode", MODES)
def test_each_line_once_while_logrotate_runs(sandbox, mode, archives):
    """Rotations one upon the other under load; the agent is killed in between.

    What it was reading when it was killed it goes on with in an archive, too. A generation that it never saw in plain form
    it can read only if it may read archives; so otherwise there is none.
    """
    config = ARCHIVES.format(root=sandbox.logs) if archives else None
    rotate_under_load(sandbox, mode, config)


@needs_root
@pytest.mark.parametrize("mode", ["delaycompress", "copytruncate"])
def test_each_line_once_in_records_of_several_lines(sandbox, mode):
    rotate_under_load(sandbox, mode, SEVERAL_LINES.format(root=sandbox.logs))


def rotate_under_load(sandbox, mode: str, config: str | None) -> None:
    """`config` lets the agent read archives; without one it does not."""
    archives = config is not None
    away = 2 if archives or "compress" not in mode else 1
    file = sandbox.log_file("app/app.log")
    sandbox.collector()
    agent = sandbox.agent(*([] if archives else [sandbox.logs]), config=config)
    logrotate, writer = Logrotate(sandbox, file, mode), Writer(file, mode)
    # A copy that is compressed at once is the only place of what was not read before, and is not read itself.
    copy_is_unread = logrotate.copies and logrotate.compresses_at_once and not archives
    is_read = (lambda count: len(sandbox.raw("app")) >= count) if copy_is_unread else None
    writer.burst(20)
    sandbox.expect("app", file.lines)
    writer.start()
    for rotation in range(8):
        if rotation == 3:
            if away == 1:
                with writer.lock:
                    writer.burst(20)
                written = writer.written()
                wait_until(lambda: len(sandbox.raw("app")) >= written, "the agent to know the file")
            agent.kill()
        # Killed right after a rotation, it is away for what was written late, too.
        is_away = 2 <= rotation <= 2 + away
        logrotate.force(writer, agent_is_away=is_away, is_read=is_read if rotation < 3 or not is_away else None)
        written = writer.written()  # before the next one compresses that file, as delaycompress demands
        if rotation == 2 + away:
            agent.start()
            wait_until(lambda: away > 1 or len(sandbox.raw("app")) >= written, "the agent to have read so far")
    writer.stopping.set()
    writer.join()
    assert writer.error is None
    writer.burst(20)
    expect(sandbox, agent, mode, file)


@needs_root
@pytest.mark.parametrize("mode", MODES)
def test_a_backlog_of_generations_while_the_agent_was_down(sandbox, mode):
    """Most of it is there in compressed form only, if the mode compresses."""
    file = sandbox.log_file("app/app.log")
    sandbox.collector()
    agent = sandbox.agent(config=ARCHIVES.format(root=sandbox.logs))
    logrotate, writer = Logrotate(sandbox, file, mode), Writer(file, mode)
    writer.burst(200)
    sandbox.expect("app", file.lines)
    agent.stop()
    for _ in range(5):
        writer.burst(200)
        logrotate.force()
    writer.burst(200)
    agent.start()
    expect(sandbox, agent, mode, file)
    agent.kill()
    logrotate.force()
    writer.burst(200)
    agent.start()
    expect(sandbox, agent, mode, file)


@needs_root
def test_a_rotation_while_the_collector_is_away(sandbox):
    file = sandbox.log_file("app/app.log")
    collector = sandbox.collector()
    agent = sandbox.agent(sandbox.logs)
    logrotate, writer = Logrotate(sandbox, file, "delaycompress"), Writer(file, "delaycompress")
    writer.burst(200)
    sandbox.expect("app", file.lines)
    collector.kill()
    for _ in range(5):  # the first ones are compressed, and their plain files deleted, before anybody took them
        writer.burst(200)
        logrotate.force()
        size = file.path.stat().st_size
        wait_until(lambda: agent.metric("sluice_agent_lag_bytes") >= size, "the agent to see it")
    collector.start()
    expect(sandbox, agent, "delaycompress", file)


def expect(sandbox, agent, mode: str, file: LogFile) -> None:
    """All lines, in order; olddir's are in a directory of their own, and so under a topic of their own."""
    topics = ("app", "app.old") if mode.endswith("olddir") else ("app",)
    wait_until(
        lambda: sum(len(sandbox.raw(topic)) for topic in topics) >= len(file.lines),
        lambda: f"{[len(sandbox.raw(topic)) for topic in topics]} of {len(file.lines)} lines",
        40,
    )
    found = [line for topic in topics for line in sandbox.raw(topic)]
    if mode.endswith("olddir"):
        found.sort()
    assert_same_lines(mode, found, file.lines)
    assert agent.lost() == 0
