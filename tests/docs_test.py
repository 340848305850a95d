"""What the documents say is what the programs do."""

import json
import re
import subprocess

import pytest

from tests.conftest import needs_root
from tests.harness import settings
from tests.harness.logfile import numbered

README = (settings.ROOT / "README.md").read_text(encoding="utf-8")
DOCS = settings.ROOT / "docs"


def configuration_examples() -> list[tuple[str, str]]:
    """Program and YAML of each block of docs/configuration.md, and of the monitor's pages."""

    def program(block: str) -> str:
        return "agent" if "sources:" in block else "monitor" if re.search("^(high_traffic|rules):", block, re.M) else "collector"

    examples = [(program(block), block) for block in yaml_blocks("configuration.md")]
    pages = ("monitor.md", "alerts.md", "statistics.md", "notifications.md")
    return examples + [("monitor", block) for page in pages for block in yaml_blocks(page)]


def yaml_blocks(page: str) -> list[str]:
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(r"^```yaml\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("program, block", configuration_examples())
def test_the_documented_configuration_is_accepted(tmp_path, program, block):
    path = tmp_path / "example.yaml"
    # Its certificates and secrets are not here.
    block = re.sub(r"secret_file: \S+", "secret: x", re.sub(r"(?m)^ *tls:.*\n", "", block))
    path.write_text(block, encoding="utf-8")
    command = {"agent": [settings.AGENT], "collector": [settings.COLLECTOR], "monitor": [settings.CLI, "monitor"]}[program]
    done = subprocess.run([*command, f"--config={path}", "--check-config"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def documented_metrics() -> dict[str, str]:
    text = "".join((DOCS / page).read_text(encoding="utf-8") for page in ("metrics.md", "statistics.md", "notifications.md"))
    return dict(re.findall(r"^\| `(sluice_\w+)(?:\{.*?\})?` \| (\w+) \|", text, re.MULTILINE))


def test_the_documented_metrics_are_those_that_exist(sandbox):
    file = sandbox.log_file("app/x.log")
    file.append(*numbered("x", 10))
    collector = sandbox.collector()
    agent = sandbox.agent(sandbox.logs)
    sandbox.expect("app", file.lines)
    monitor = sandbox.monitor("rules: [{name: r, condition: count, above: 0, window: 1m}]\n")
    text = collector.metrics() + agent.metrics() + monitor.metrics()
    exposed = dict(re.findall(r"^# TYPE (sluice_\w+) (\w+)$", text, re.MULTILINE))
    documented = documented_metrics()
    assert {name: kind for name, kind in exposed.items() if documented.get(name) != kind} == {}
    # Some appear only when there is something to count.
    programs = (settings.COLLECTOR, settings.AGENT, settings.CLI)
    known = b"".join(program.read_bytes() for program in programs).decode("latin-1")
    assert [name for name in documented if name not in known] == []


def documented_keys(heading: str) -> set[str]:
    """The keys of the table under a heading, or behind a table's first line."""
    table = (DOCS / "command-line.md").read_text(encoding="utf-8").split(heading, 1)[1].lstrip("\n").split("\n\n", 1)[0]
    return {key for row in table.splitlines() for key in re.findall(r"`(\w+)`", row.split("|")[1])}


def test_the_documented_json_is_what_is_printed(sandbox):
    file = sandbox.log_file("app/x.log")
    file.append(b"INFO \xff")
    sandbox.collector()
    sandbox.agent(sandbox.logs)
    sandbox.expect("app", file.lines)

    def keys(*args: str) -> set[str]:
        return set(json.loads(sandbox.cli(*args, "--output=json").stdout.splitlines()[0]))

    record = keys("tail", "app", "--no-follow")
    assert record | {"part"} == documented_keys("writes one object a line (NDJSON):")
    assert keys("topics") == documented_keys("| of a topic | |")
    assert keys("agents") | {"file_list"} == documented_keys("| of an agent | |")


def tour() -> list[str]:
    """The commands of the README's tour, each with the lines that go on with a backslash."""
    section = README.split("## A minute's tour", 1)[1].split("\n## ", 1)[0]
    blocks = re.findall(r"^```console\n(.*?)^```", section, re.DOTALL | re.MULTILINE)
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


@needs_root
def test_the_readmes_tour(sandbox):
    """Each command as it stands there, on the default ports of a network of its own."""
    commands = [re.sub(r"/tmp/tour\b", str(sandbox.home / "tour"), c) for c in tour()]
    assert any(c.startswith("sluice-agent") for c in commands) and any(c.startswith("sluice tail") for c in commands)
    script = [
        "set -euo pipefail",
        "trap 'kill $(jobs -p); wait' EXIT",
        "metrics() { exec 3<>/dev/tcp/127.0.0.1/$1; printf 'GET /metrics HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3; exec 3>&-; }",
        "await() { until metrics \"$1\" 2>/dev/null | grep -q \"$2\"; do sleep 0.05; done; }",
    ]
    for command in commands:
        script += [f"echo '>>> '{_quoted(command)}", command]
        if command.startswith("sluice-collector"):
            script.append("await 7071 sluice_collector_topics")
        if command.startswith("sluice-agent"):
            script.append("await 7072 '^sluice_agent_records_acked_total 1000'")
    loopback = "import fcntl, socket, struct; fcntl.ioctl(socket.socket(), 0x8914, struct.pack('16sh', b'lo', 0x49))"
    path = ":".join([*(str(p.parent) for p in (settings.AGENT, settings.COLLECTOR, settings.CLI)), str(settings.CACHE / "bin")])
    done = subprocess.run(
        ["unshare", "--net", "bash", "-c", f"/usr/bin/python3 -c \"{loopback}\"; PATH={path}:$PATH\n" + "\n".join(script)],
        capture_output=True,
        text=True,
        timeout=settings.scaled(60),
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    shown = dict(re.findall(r"^>>> (.*)\n((?:(?!>>> ).*\n)*)", done.stdout, re.MULTILINE))
    topics = shown["sluice topics"]
    assert sum(int(count.replace(",", "")) for count in re.findall(r"^\w+ +([\d,]+)", topics, re.MULTILINE)) == 1000
    assert all(len(output.strip()) > 0 for command, output in shown.items() if not command.endswith("&") and "generate" not in command)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
