"""`sluice-agent --once` and `sluice-agent -`: send what there is, wait for the acks, say how it went."""

import os
import pty
import select
import subprocess
import threading
import time

import pytest

from tests.conftest import needs_root
from tests.harness import ports, settings
from tests.harness.logfile import numbered
from tests.harness.process import heed_interrupts


def run(
    sandbox, *args: str, collector: str | None = None, stdin=subprocess.DEVNULL, prefix: list[str] | None = None, **kwargs
) -> subprocess.CompletedProcess:
    address = collector or sandbox.collector_process.address
    argv = [*(prefix or []), str(settings.AGENT), f"--collector={address}", f"--state-dir={sandbox.home}/once-state", "--id=once", *args]
    if "input" in kwargs:
        stdin = None
    return subprocess.run(
        argv, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=settings.scaled(60), check=False, **kwargs
    )


def test_once_reads_all_there_is_and_ends(sandbox):
    sandbox.collector()
    files = [sandbox.log_file(f"{topic}/x.log") for topic in ("a", "b")]
    for file in files:
        file.append(*numbered("line", 50_000))
        file.write(b"no newline")
    empty = sandbox.log_file("a/empty.log")
    done = run(sandbox, "--once", str(sandbox.logs))
    assert done.returncode == 0, done.stderr.decode()
    for file, topic in zip(files, "ab"):
        sandbox.expect(topic, [*file.lines, b"no newline"], timeout=5)
    again = run(sandbox, "--once", str(sandbox.logs))
    assert again.returncode == 0, again.stderr.decode()
    files[0].write(b"\n")
    files[0].append("later")
    empty.append("was empty")
    assert run(sandbox, "--once", str(sandbox.logs)).returncode == 0
    found = sandbox.raw("a")
    assert found.count(b"later") == 1 and found.count(b"was empty") == 1 and found.count(b"line line 00000000") == 1


def test_no_lag_is_shown_of_a_run_that_sent_all(sandbox):
    sandbox.collector()
    file = sandbox.log_file("a/x.log")
    file.append(*numbered("line", 500))
    assert run(sandbox, "--once", str(sandbox.logs)).returncode == 0
    (agent,) = sandbox.json("agents", "--files")
    assert (agent["connected"], agent["lag_bytes"], agent["lag_millis"]) == (False, 0, 0)
    size = file.path.stat().st_size
    assert [(f["acked_offset"], f["size"]) for f in agent["file_list"]["files"]] == [(size, size)]


def test_once_with_nothing_to_read_ends_well(sandbox):
    sandbox.collector()
    assert run(sandbox, "--once", str(sandbox.logs)).returncode == 0


def test_once_fails_when_there_is_no_collector(sandbox):
    sandbox.log_file("a/x.log").append("line")
    begin = time.monotonic()
    done = run(sandbox, "--once", "--once-timeout=1s", str(sandbox.logs), collector=f"127.0.0.1:{ports.free_port()}")
    assert done.returncode == 1
    assert time.monotonic() - begin < settings.scaled(15)
    assert b"was not reached within 1s" in done.stderr


@needs_root
@pytest.mark.parametrize("closed", ["a/x.log", "a"])
def test_once_fails_when_something_is_unreadable(sandbox, closed):
    sandbox.collector()
    sandbox.log_file("a/x.log").append("closed")
    sandbox.log_file("b/x.log").append("open")
    (sandbox.logs / closed).chmod(0o000)
    # Root without the capabilities that let it read everything.
    prefix = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    done = run(sandbox, "--once", str(sandbox.logs), prefix=prefix)
    assert done.returncode == 1
    assert str(sandbox.logs / closed).encode() in done.stderr and b"could not be read" in done.stderr
    assert sandbox.raw("b") == [b"open"], "the others are sent"


def test_once_fails_when_directories_are_nested_too_deeply(sandbox):
    sandbox.collector()
    sandbox.log_file("/".join(["d"] * 65) + "/x.log").append("too deep")
    sandbox.log_file("b/x.log").append("line")
    done = run(sandbox, "--once", str(sandbox.logs))
    assert done.returncode == 1
    assert b"could not be read" in done.stderr and b"64 directories" in done.stderr and b"OK" not in done.stderr
    assert sandbox.raw("b") == [b"line"], "the others are sent"


def test_once_fails_when_lines_are_refused(sandbox):
    sandbox.collector(config="limits: {topics: 1}\n")
    for topic in "ab":
        sandbox.log_file(f"{topic}/x.log").append("line")
    done = run(sandbox, "--once", str(sandbox.logs))
    assert done.returncode == 1
    assert b"refused" in done.stderr


def test_once_survives_a_collector_that_goes_away_for_a_moment(sandbox):
    collector = sandbox.collector()
    file = sandbox.log_file("a/x.log")
    file.append(*numbered("line", 400_000))

    def restart() -> None:
        time.sleep(0.2)
        collector.kill()
        collector.start()

    thread = threading.Thread(target=restart)
    thread.start()
    done = run(sandbox, "--once", str(sandbox.logs))
    thread.join()
    assert done.returncode == 0, done.stderr.decode()
    sandbox.expect("a", file.lines, timeout=5)


def test_standard_input_is_a_topic_with_every_byte(sandbox):
    sandbox.collector()
    lines = [b"one", b"", b"caf\xc3\xa9", b"\xff\xfe not text", b"cr\r", b"x" * 300_000, b"last"]
    done = run(sandbox, "-", input=b"\n".join(lines))
    assert done.returncode == 0, done.stderr.decode()
    parts = sandbox.raw("stdin")
    assert parts[:5] == lines[:5]
    assert b"".join(parts[5:-1]) == lines[5], "a long line in parts"
    assert parts[-1] == b"last"
    for n in range(2):
        assert run(sandbox, "-", input=b"again\n").returncode == 0
    assert sandbox.raw("stdin").count(b"again") == 2, "each run is a file of its own"


def test_a_closed_standard_input_is_said(sandbox):
    """Instead of whatever would be opened under its number."""
    sandbox.collector()
    done = run(sandbox, "-", prefix=["sh", "-c", 'exec "$@" <&-', "sh"])
    assert done.returncode == 1
    assert b"standard input is closed" in done.stderr


def test_what_was_piped_in_is_sent_again_after_a_broken_connection(sandbox):
    collector = sandbox.collector()
    lines = numbered("line", 300_000)
    argv = [str(settings.AGENT), f"--collector={collector.address}", f"--state-dir={sandbox.home}/s", "--id=pipe", "-"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=heed_interrupts) as agent:
        assert agent.stdin is not None and agent.stderr is not None
        log = []
        reader = threading.Thread(target=lambda: log.append(agent.stderr.read()))
        reader.start()
        for begin in range(0, len(lines), 50_000):
            agent.stdin.write(b"".join(line + b"\n" for line in lines[begin : begin + 50_000]))
            agent.stdin.flush()
            if begin in (100_000, 200_000):
                collector.kill()
                collector.start()
        agent.stdin.close()
        code = agent.wait(settings.scaled(60))
        reader.join()
    assert code == 0, log
    sandbox.expect("stdin", lines, timeout=5)


def test_memory_stays_bounded_while_the_pipe_waits_for_the_collector(sandbox):
    port = ports.free_port()
    argv = [str(settings.AGENT), f"--collector=127.0.0.1:{port}", f"--state-dir={sandbox.home}/s", "--id=pipe"]
    argv += ["--once-timeout=60s", "-"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, preexec_fn=heed_interrupts) as agent:
        assert agent.stdin is not None
        os.set_blocking(agent.stdin.fileno(), False)
        written = 0
        quiet = 0
        while quiet < 20 and written < 200 << 20:
            if select.select([], [agent.stdin], [], 0.1)[1]:
                written += os.write(agent.stdin.fileno(), b"x" * 99 + b"\n")
                quiet = 0
            else:
                quiet += 1
        status = open(f"/proc/{agent.pid}/status", encoding="ascii").read()
        peak = int(status.split("VmHWM:")[1].split()[0])
        agent.kill()
    assert written < 20 << 20, "it takes no more than its window"
    if not settings.SANITIZER:
        assert peak < 64 << 10, f"{peak} KiB"


def test_a_progress_line_is_for_terminals_only(sandbox):
    sandbox.collector()
    sandbox.log_file("a/x.log").append(*numbered("line", 1000))
    assert b"to go" not in run(sandbox, "--once", str(sandbox.logs)).stderr
    main, side = pty.openpty()
    argv = [str(settings.AGENT), f"--collector={sandbox.collector_process.address}", f"--state-dir={sandbox.home}/p"]
    done = subprocess.run([*argv, "--id=p", "--once", str(sandbox.logs)], stderr=side, timeout=60, check=False)
    os.close(side)
    assert done.returncode == 0
    assert b"to go" in os.read(main, 100_000)
    os.close(main)
