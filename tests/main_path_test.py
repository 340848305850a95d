"""The main path: lines of watched directories, each once, in order, into topics and out of the tail."""

import json

from tests.harness.logfile import numbered
from tests.harness.waiting import wait_until


def test_each_sub_directory_is_a_topic(sandbox):
    web, errors = sandbox.log_file("web/access.log"), sandbox.log_file("app/error/today.log")
    web.append(*numbered("web", 1000))
    errors.append(*numbered("error", 500))
    sandbox.collector()
    sandbox.agent(sandbox.logs)
    sandbox.expect("web", web.lines)
    sandbox.expect("app.error", errors.lines)


def test_several_roots_and_lines_appended_while_it_runs(sandbox):
    first, second = sandbox.log_file("one/a/x.log"), sandbox.log_file("two/b/x.log")
    sandbox.collector()
    sandbox.agent(sandbox.logs / "one", sandbox.logs / "two")
    for n in range(20):
        first.append(*numbered("first", 10, first=n * 10))
        second.append(*numbered("second", 7, first=n * 7))
    sandbox.expect("a", first.lines)
    sandbox.expect("b", second.lines)


def test_files_of_one_topic_keep_their_own_order(sandbox):
    files = [sandbox.log_file(f"app/{name}.log") for name in "abc"]
    sandbox.collector()
    sandbox.agent(sandbox.logs)
    for n in range(50):
        for file in files:
            file.append(*numbered(file.path.stem, 20, first=n * 20))
    collector = sandbox.collector_process
    wait_until(lambda: collector.records(topic="app") >= 3000, "3000 records")
    found = sandbox.raw("app")
    assert len(found) == 3000
    for file in files:
        assert [line for line in found if line.startswith(file.path.stem.encode())] == file.lines


def test_a_record_says_where_it_comes_from(sandbox):
    file = sandbox.log_file("app/x.log")
    file.append('{"time":"2026-11-20T09:15:39.123Z","level":"error","msg":"no space"}', "plain words")
    sandbox.collector()
    sandbox.agent(sandbox.logs, agent_id="web-7")
    sandbox.expect("app", file.lines)
    first, second = map(json.loads, sandbox.raw("app", "--output=json"))
    assert first["time"].startswith("2026-11-20T09:15:39.123")
    assert (first["severity"].lower(), first["severity_number"], first["severity_text"]) == ("error", 17, "error")
    assert (second["severity"], second["severity_number"]) == (None, 0)
    assert (first["offset"], second["offset"]) == (0, len(file.lines[0]) + 1)
    for record in (first, second):
        assert (record["topic"], record["agent"], record["path"]) == ("app", "web-7", str(file.path))


def test_topics_and_agents_are_listed(sandbox):
    file = sandbox.log_file("app/x.log")
    file.append(*numbered("x", 42))
    sandbox.collector()
    sandbox.agent(sandbox.logs, agent_id="web-7")
    sandbox.expect("app", file.lines)

    topics = json.loads(sandbox.cli("topics", "--output=json").stdout.splitlines()[0])
    topic = topics[0] if isinstance(topics, list) else topics
    assert (topic["name"], int(topic["records"])) == ("app", 42)
    assert b"app" in sandbox.cli("topics").stdout
    agents = json.loads(sandbox.cli("agents", "--output=json").stdout.splitlines()[0])
    agent = agents[0] if isinstance(agents, list) else agents
    assert (agent["id"], agent["connected"]) == ("web-7", True)
    assert b"web-7" in sandbox.cli("agents").stdout


def test_both_stop_cleanly_and_drain(sandbox):
    file = sandbox.log_file("app/x.log")
    collector = sandbox.collector()
    agent = sandbox.agent(sandbox.logs)
    file.append(*numbered("x", 20000))
    agent.wait_metric("sluice_agent_lines_read_total", 1)
    agent.stop()
    collector.stop()

    collector.start()
    agent.start()
    sandbox.expect("app", file.lines)


def test_what_generate_writes_arrives(sandbox):
    for kind in ("app", "json", "access"):
        directory = sandbox.logs / kind
        directory.mkdir()
        done = sandbox.cli_alone("generate", f"--dir={directory}", f"--kind={kind}", "--count=500", "--seed=7")
        assert done.returncode == 0, done.stderr.decode()
    written = {p: p.read_bytes().split(b"\n")[:-1] for p in sandbox.logs.rglob("*") if p.is_file()}
    assert {p.parent.name for p in written if p.parent.parent.name == "app"} >= {"info", "error"}
    sandbox.collector()
    sandbox.agent(sandbox.logs)
    total = sum(map(len, written.values()))
    wait_until(lambda: sandbox.collector_process.records() >= total, f"{total} records")
    by_path: dict[str, list[bytes]] = {}
    for record in map(json.loads, sandbox.raw("--output=json")):
        by_path.setdefault(record["path"], []).append(record["body"].encode())
    assert by_path == {str(p): lines for p, lines in written.items() if lines}


def test_generate_with_one_seed_writes_the_same_shape_again(sandbox):
    sizes = []
    for directory in (sandbox.home / "one", sandbox.home / "two"):
        directory.mkdir()
        done = sandbox.cli_alone("generate", f"--dir={directory}", "--kind=json", "--count=300", "--seed=11")
        assert done.returncode == 0, done.stderr.decode()
        sizes.append(sum(p.read_bytes().count(b"\n") for p in directory.rglob("*") if p.is_file()))
    assert sizes == [300, 300]
