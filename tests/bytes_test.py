"""Every line comes out byte for byte as it stood, whatever it holds."""

import base64
import json
import os

import pytest

from tests.harness import settings
from tests.harness.logfile import numbered
from tests.harness.waiting import holds_for, wait_until


@pytest.mark.parametrize(
    "name, lines",
    [
        ("empty", [b"", b"", b"a", b""]),
        ("blanks", [b" ", b"\t", b"  a  "]),
        ("crlf", [b"one\r", b"two\r", b"\r"]),
        ("nul", [b"a\0b", b"\0", b"\0\0\0"]),
        ("controls", [b"\x1b[31mred\x1b[0m", b"\x07\x08\x7f", b"a\vb\fc"]),
        ("utf8", ["grüße 漢字 🜁".encode(), "\u2028\u2029\u0085".encode()]),
        ("invalid", [b"\xff\xfe", b"caf\xe9", b"\xed\xa0\x80", b"\xc3", b"ok"]),
        ("all", [bytes(b for b in range(256) if b != 10)]),
        ("broken-json", [b'{"level":"error"', b'{"level":[[[[[[', b"{}", b"[]", b'"', b"{" * 5000]),
        ("long", [b"x" * 70_000, b"y" * 250_000, b"z"]),
    ],
)
def test_bytes_are_kept(sandbox, name, lines):
    file = sandbox.log_file(f"{name}/x.log")
    file.append(*lines)
    sandbox.collector()
    sandbox.agent(sandbox.logs)
    sandbox.expect(name, lines)


def test_a_binary_file_comes_out_as_it_went_in(sandbox):
    file = sandbox.log_file("bin/x.log")
    file.write(os.urandom(2_000_000) + b"\n")
    sandbox.collector()
    sandbox.agent(sandbox.logs)
    sandbox.expect("bin", file.lines)


def test_json_output_keeps_bytes_that_are_no_text(sandbox):
    file = sandbox.log_file("app/x.log")
    file.append(b"caf\xe9", b"plain")
    sandbox.collector()
    sandbox.agent(sandbox.logs)
    sandbox.expect("app", file.lines)
    first, second = map(json.loads, sandbox.raw("app", "--output=json"))
    assert first["body"] == "caf\ufffd"
    assert base64.b64decode(first["raw_body"]) == b"caf\xe9"
    assert "raw_body" not in second


def test_text_output_never_executes_a_line(sandbox):
    file = sandbox.log_file("app/x.log")
    file.append(b"\x1b]0;owned\x07 \x1b[2J", b"with\rreturn\r")
    sandbox.collector()
    sandbox.agent(sandbox.logs)
    sandbox.expect("app", file.lines)
    shown = sandbox.cli("tail", "--no-follow", "--from=beginning", "--output=text").stdout
    assert b"owned" in shown and b"with" in shown
    assert not any(c in shown for c in (b"\x1b", b"\x07", b"\r"))


def test_a_line_is_held_until_its_newline_is_there(sandbox):
    file = sandbox.log_file("app/x.log")
    file.append("whole")
    file.write(b"begin")
    sandbox.collector()
    sandbox.agent(sandbox.logs)
    sandbox.expect("app", [b"whole"])
    file.write(b" middle")
    holds_for(lambda: sandbox.raw("app") == [b"whole"], "half a line was sent", 0.5)
    file.write(b" end\nnext\n")
    sandbox.expect("app", [b"whole", b"begin middle end", b"next"])


def without_newline(sandbox):
    """A file that is read up to its last line, which has none."""
    file = sandbox.log_file("app/x.log")
    file.append("whole")
    file.write(b"no newline")
    sandbox.collector()
    sandbox.agent(sandbox.logs)
    sandbox.expect("app", [b"whole"])
    return file


def test_a_last_line_without_newline_comes_when_the_file_is_deleted(sandbox):
    file = without_newline(sandbox)
    file.path.unlink()
    sandbox.expect("app", [b"whole", b"no newline"])
    assert json.loads(sandbox.raw("app", "--output=json")[1])["part"] == "unterminated"


def test_a_last_line_without_newline_comes_when_the_file_is_rotated_away(sandbox):
    file = without_newline(sandbox)
    file.rotate()
    file.append("next")
    sandbox.expect("app", [b"whole", b"next", b"no newline"])
    assert json.loads(sandbox.raw("app", "--output=json")[2])["part"] == "unterminated"


def test_a_line_of_100_megabytes(sandbox):
    size = 100_000_000
    line = bytes(ord("a") + n % 23 for n in range(1009)) * (size // 1009)
    file = sandbox.log_file("app/x.log")
    file.append("before")
    collector = sandbox.collector()
    agent = sandbox.agent(sandbox.logs)
    for at in range(0, len(line), 1 << 20):
        file.write(line[at : at + (1 << 20)])
    peak_without_newline = agent.status_kib("VmHWM")
    file.write(b"\nafter\n")

    def last() -> bool:
        return sandbox.cli("tail", "--no-follow", "--contains=after", "--output=raw").stdout == b"after\n"

    wait_until(last, "the line after it", 60)
    records = [json.loads(r) for r in sandbox.raw("app", "--output=json")]
    assert records[0]["body"] == "before" and records[-1]["body"] == "after"
    parts = [r.get("part") for r in records[1:-1]]
    assert parts == ["first", *["middle"] * (len(parts) - 2), "last"]
    assert joined(records) == [b"before", line, b"after"]
    assert [r["offset"] for r in records] == sorted(r["offset"] for r in records)
    if not settings.SANITIZER:
        assert peak_without_newline < 100_000, "the agent's memory has a bound"
        assert agent.status_kib("VmHWM") < 100_000
        assert collector.status_kib("VmHWM") < 600_000


def test_lines_of_many_lengths_around_the_ends_of_buffers(sandbox):
    file = sandbox.log_file("app/x.log")
    edges = [1 << power for power in (7, 12, 14, 16, 18, 20)]
    lengths = [edge + delta for edge in edges for delta in (-2, -1, 0, 1)] + [0, 1, 3_000_000]
    file.append(*[bytes([65 + n % 26]) * length for n, length in enumerate(lengths)])
    file.append(*numbered("x", 3000))
    sandbox.collector()
    sandbox.agent(sandbox.logs)
    wait_until(lambda: file.lines[-1] in sandbox.raw("app"), "the last line", 60)
    records = [json.loads(record) for record in sandbox.raw("app", "--output=json")]
    assert joined(records) == file.lines
    assert max(len(record["body"]) for record in records) < 1 << 20


def joined(records: list[dict]) -> list[bytes]:
    """The lines that records of one file make up: a very long one travels in parts."""
    lines: list[list[bytes]] = []
    for record in records:
        body = base64.b64decode(record["raw_body"]) if "raw_body" in record else record["body"].encode()
        if record.get("part") in ("middle", "last", "last_unterminated"):
            lines[-1].append(body)
        else:
            lines.append([body])
    return [b"".join(parts) for parts in lines]


def test_names_that_are_no_text_disturb_nothing(sandbox):
    file = sandbox.log_file(os.fsdecode(b"caf\xe9/caf\xe9.log"))
    other = sandbox.log_file("app/x.log")
    file.append("one")
    other.append("one")
    sandbox.collector()
    agent = sandbox.agent(sandbox.logs)
    sandbox.expect("app", other.lines)
    agent.wait_metric("sluice_agent_checkpoint_writes_total", 1)
    wait_until(lambda: len(sandbox.json("agents", "--files")[0].get("file_list", {}).get("files", [])) == 2, "files")
    assert agent.metric("sluice_agent_connections_lost_total") == 0
    agent.stop()
    file.append("two")
    agent.start()
    agent.wait_metric("sluice_agent_records_acked_total", 1)
    topics = {topic["name"]: topic["records"] for topic in sandbox.json("topics")}
    assert sorted(topics.values()) == [1, 2], topics
    assert "cannot read" not in agent.log() and "libprotobuf" not in agent.log()
