"""Records of several lines, encodings and containers' lines, end to end: what docs/framing.md says."""

import json
import random
import re
import subprocess
import time

import pytest

from tests.harness import settings
from tests.harness.logfile import numbered
from tests.harness.waiting import wait_until

DOCS = settings.ROOT / "docs"

JAVA = """2026-11-20 09:15:40.001 ERROR [http-1] c.s.Cart - cannot pay %d
com.shop.PaymentException: card refused
\tat com.shop.Cart.pay(Cart.java:41)
Caused by: java.net.SocketTimeoutException
\tat com.shop.Bank.ask(Bank.java:77)
\t... 12 more"""


def source(sandbox, *lines: str) -> str:
    """A configuration of one source with these lines."""
    return "\n".join(["sources:", "  - name: app", f"    root: {sandbox.logs}", *(f"    {line}" for line in lines)]) + "\n"


def records(sandbox, topic: str) -> list[dict]:
    return [json.loads(line) for line in sandbox.raw(topic, "--output=json")]


def wait_for_bodies(sandbox, topic: str, bodies: list[str], timeout: float = 20) -> list[dict]:
    found: list[dict] = []

    def enough() -> bool:
        nonlocal found
        found = records(sandbox, topic)
        return len(found) >= len(bodies)

    wait_until(enough, lambda: f"{len(found)} of {len(bodies)}: {[r['body'][:80] for r in found][-3:]}", timeout)
    assert [r["body"] for r in found] == bodies
    return found


def test_a_stack_trace_is_one_record(sandbox):
    sandbox.log_file("shop/a.log").append("2026-11-20 09:15:39 INFO start", *(JAVA % 1).split("\n"), "2026-11-20 09:15:41 INFO end")
    sandbox.collector()
    sandbox.agent(config=source(sandbox, "multiline: {preset: [java, python, go]}"))
    found = wait_for_bodies(sandbox, "shop", ["2026-11-20 09:15:39 INFO start", JAVA % 1, "2026-11-20 09:15:41 INFO end"])
    assert found[1]["severity"].upper() == "ERROR"


def test_the_last_record_comes_after_the_timeout_and_not_before(sandbox):
    file = sandbox.log_file("shop/a.log")
    file.append("one", " 1")
    sandbox.collector()
    sandbox.agent(config=source(sandbox, "multiline: {indented: true, timeout: 1500ms}"))
    begin = time.monotonic()
    wait_for_bodies(sandbox, "shop", ["one\n 1"])
    assert time.monotonic() - begin > 1.0


def test_every_record_once_while_the_agent_is_killed_in_the_middle(sandbox):
    """Records end where the next one begins, wherever the agent dies; the timeout is long enough not to matter."""
    rng = random.Random(settings.seed())
    collector = sandbox.collector()
    agent = sandbox.agent(config=source(sandbox, r"multiline: {start: '^\d{4}-', timeout: 30s}"))
    file = sandbox.log_file("shop/a.log")
    expected = []
    for n in range(600):
        lines = [f"2026-11-20 record {n:05d}"] + [f"  line {i} {'x' * rng.randint(0, 200)}" for i in range(rng.randint(0, 12))]
        expected.append("\n".join(lines))
        for line in lines:
            cut = rng.randrange(len(line) + 1)
            file.write(line[:cut].encode())
            file.write(line[cut:].encode() + b"\n")
        if n % 60 == 30:
            agent.kill()
            agent.start()
        if n % 200 == 110:
            collector.kill()
            collector.start()
    file.append("2026-11-20 the last one, which waits")
    wait_for_bodies(sandbox, "shop", expected, timeout=40)


@pytest.mark.parametrize("encoding, codec", [("utf-16", "utf-16"), ("utf-16be", "utf-16-be"), ("utf-16le", "utf-16-le"), ("latin-1", "latin-1")])
def test_encodings(sandbox, encoding, codec):
    lines = ["grüße", "", "öäü\r", "end"] if codec == "latin-1" else ["grüße", "漢字 🜁", "", "a\r", "end"]
    sandbox.log_file("shop/a.log").write(("\n".join(lines) + "\n").encode(codec))
    sandbox.collector()
    sandbox.agent(config=source(sandbox, f"encoding: {encoding}"))
    wait_for_bodies(sandbox, "shop", lines)


def test_utf16_half_a_unit_waits_and_kills_change_nothing(sandbox):
    file = sandbox.log_file("shop/a.log")
    sandbox.collector()
    agent = sandbox.agent(config=source(sandbox, "encoding: utf-16"))
    lines = [f"Zeile {n} – ü 🜁" for n in range(300)]
    data = ("\n".join(lines) + "\n").encode("utf-16")
    rng = random.Random(5)
    at = 0
    while at < len(data):
        size = rng.randint(1, 400)
        file.write(data[at : at + size])
        at += size
        if rng.random() < 0.1:
            agent.kill()
            agent.start()
    found = wait_for_bodies(sandbox, "shop", lines)
    assert found[0]["offset"] == 2


def cri(stream: str, tag: str, text: str, second: int = 0) -> str:
    return f"2026-11-20T09:15:{second:02d}.123456789Z {stream} {tag} {text}"


def test_the_lines_inside_a_container(sandbox):
    sandbox.log_file("pods/0.log").append(
        cri("stdout", "P", '{"level":"wa', 1), cri("stdout", "F", 'rn","msg":"x"}', 2),
        cri("stdout", "P", "part ", 3), cri("stderr", "F", "between", 4), cri("stdout", "F", "rest", 5),
        "no wrapper",
        *[cri("stderr", "F", line, 6) for line in (JAVA % 1).split("\n")],
        cri("stderr", "F", "after", 7),
    )  # fmt: skip
    sandbox.collector()
    agent = sandbox.agent(config=source(sandbox, "parser: cri", "multiline: {preset: java}"))
    found = wait_for_bodies(
        sandbox, "pods", ['{"level":"warn","msg":"x"}', "part ", "between", "rest", "no wrapper", JAVA % 1, "after"]
    )
    assert [r.get("part", "") for r in found] == ["", "first", "", "last", "", "", ""]
    assert [r.get("attributes", {}).get("stream") for r in found] == ["stdout", "stdout", "stderr", "stdout", None, "stderr", "stderr"]
    assert "parse_error" in found[4]["attributes"]
    assert found[0]["time"].startswith("2026-11-20T09:15:01.123456789")
    assert found[0]["severity"].upper() == "WARN"
    assert 'sluice_agent_parse_errors_total{source="app"} 1' in agent.metrics()


def test_docker(sandbox):
    file = sandbox.log_file("docker/c.log")
    for log, stream in (("one\n", "stdout"), ("two ", "stderr"), ("three\n", "stderr")):
        file.append(json.dumps({"log": log, "stream": stream, "attrs": {"tag": "web"}, "time": "2026-11-20T09:15:39.5Z"}))
    sandbox.collector()
    sandbox.agent(config=source(sandbox, "parser: docker-json"))
    found = wait_for_bodies(sandbox, "docker", ["one", "two three"])
    assert found[1]["attributes"] == {"stream": "stderr", "attrs.tag": "web"}


def test_plain_lines_are_as_they_were(sandbox):
    file = sandbox.log_file("shop/a.log")
    file.append(*numbered("x", 1000))
    sandbox.collector()
    sandbox.agent(config=source(sandbox, "encoding: utf-8"))
    sandbox.expect("shop", file.lines)


def examples() -> list[tuple[str, str]]:
    found = []
    for page in ("framing.md", "processing.md"):
        text = (DOCS / page).read_text(encoding="utf-8")
        found += [(page, block) for block in re.findall(r"^```yaml\n(.*?)^```", text, re.DOTALL | re.MULTILINE)]
    return found


@pytest.mark.parametrize("page, block", examples())
def test_the_examples_of_the_documents_are_accepted(sandbox, page, block):
    path = sandbox.home / "example.yaml"
    path.write_text(block, encoding="utf-8")
    done = subprocess.run(
        [str(settings.AGENT), "--check-config", f"--config={path}"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{page}: {done.stderr}"
