"""The gRPC side as any other client sees it: the real grpcurl."""

import json
import subprocess

import pytest

from tests.harness import settings
from tests.harness.logfile import numbered

GRPCURL = settings.CACHE / "bin/grpcurl"
needs_grpcurl = pytest.mark.skipif(not GRPCURL.exists(), reason="no grpcurl; ./dev setup brings it")
pytestmark = needs_grpcurl


def grpcurl(sandbox, *args: str, data: object = None, expect: int | None = 0) -> subprocess.CompletedProcess:
    """Runs it; `data` is a request, or a list of requests of a stream."""
    command = [str(GRPCURL), "-plaintext", "-max-time=20"]
    requests = data if isinstance(data, list) else [data]
    if data is not None:
        command += ["-d", "@"]
    verbs = [a for a in args if a in ("list", "describe")]
    rest = [a for a in args if a not in verbs]
    command += [sandbox.collector_process.address, *verbs, *rest]
    done = subprocess.run(
        command,
        input="".join(json.dumps(r) for r in requests) if data is not None else None,
        stdin=subprocess.DEVNULL if data is None else None,
        capture_output=True,
        text=True,
        timeout=settings.scaled(30),
        check=False,
    )
    assert expect is None or done.returncode == expect, done.stderr
    return done


def messages(text: str) -> list[dict]:
    """grpcurl prints one indented JSON object after the other."""
    decoder, found, at = json.JSONDecoder(), [], 0
    while (at := text.find("{", at)) >= 0:
        value, at = decoder.raw_decode(text, at)
        found.append(value)
    return found


def records(text: str) -> list[dict]:
    return [r for m in messages(text) for r in m.get("batch", {}).get("records", [])]


@pytest.fixture
def filled(sandbox):
    file = sandbox.log_file("app/x.log")
    file.append(*numbered("INFO x", 50), '{"level":"error","msg":"bad"}')
    sandbox.collector()
    sandbox.agent(sandbox.logs)
    sandbox.expect("app", file.lines)
    sandbox.lines = file.lines
    return sandbox


def test_reflection_lists_and_describes(filled):
    services = grpcurl(filled, "list").stdout.split()
    assert {"sluice.v1.IngestService", "sluice.v1.LogService", "grpc.health.v1.Health"} <= set(services)
    described = grpcurl(filled, "describe", "sluice.v1.LogService").stdout
    assert "rpc Subscribe" in described and "stream .sluice.v1.SubscribeResponse" in described
    assert "rpc Push" in grpcurl(filled, "describe", "sluice.v1.IngestService").stdout


@pytest.mark.parametrize("service", ["", "sluice.v1.LogService", "sluice.v1.IngestService"])
def test_health(filled, service):
    (answer,) = messages(grpcurl(filled, "grpc.health.v1.Health/Check", data={"service": service}).stdout)
    assert answer == {"status": "SERVING"}


def test_subscribe(filled):
    done = grpcurl(filled, "sluice.v1.LogService/Subscribe", data={"topics": ["app"]})
    assert [r["body"].encode() for r in records(done.stdout)] == filled.lines
    *_, last = messages(done.stdout)
    assert last["cursor"]


def test_subscribe_with_filters_and_a_cursor(filled):
    method = "sluice.v1.LogService/Subscribe"
    done = grpcurl(filled, method, data={"minSeverity": "SEVERITY_ERROR"})
    assert [r["body"] for r in records(done.stdout)] == ['{"level":"error","msg":"bad"}']
    done = grpcurl(filled, method, data={"contains": "00000007"})
    assert [r["body"] for r in records(done.stdout)] == ["INFO x line 00000007"]
    done = grpcurl(filled, method, data={"regex": "0000000[12]$"})
    assert len(records(done.stdout)) == 2
    done = grpcurl(filled, method, data={"topics": ["a*"], "limit": 10})
    assert len(records(done.stdout)) == 10
    cursor = [m["cursor"] for m in messages(done.stdout) if "batch" in m][-1]
    done = grpcurl(filled, method, data={"topics": ["a*"], "start": {"cursor": cursor}})
    assert [r["body"].encode() for r in records(done.stdout)] == filled.lines[10:]
    done = grpcurl(filled, method, data={"topics": ["nothing*"]})
    assert records(done.stdout) == []


def test_lists(filled):
    (answer,) = messages(grpcurl(filled, "sluice.v1.LogService/ListTopics", data={}).stdout)
    (topic,) = answer["topics"]
    assert (topic["name"], topic["records"]) == ("app", "51")
    (answer,) = messages(grpcurl(filled, "sluice.v1.LogService/ListAgents", data={}).stdout)
    (agent,) = answer["agents"]
    assert (agent["id"], agent["connected"]) == ("agent-1", True)


@pytest.mark.parametrize(
    "request_, words",
    [
        ({"regex": "("}, ["regex"]),
        ({"regex": "x{1001}"}, ["regex"]),
        ({"regex": "(?=x)"}, ["regex"]),
        ({"topics": ["["]}, ["topics"]),
        ({"start": {"cursor": "nonsense"}}, ["cursor"]),
    ],
)
def test_a_bad_request_is_invalid_and_says_why(filled, request_, words):
    done = grpcurl(filled, "sluice.v1.LogService/Subscribe", data=request_, expect=None)
    assert done.returncode != 0
    assert "InvalidArgument" in done.stderr
    for word in words:
        assert word in done.stderr


def test_a_group_is_read_and_what_nobody_acknowledges_comes_again(filled):
    """grpcurl prints a member's messages; only Acknowledge moves the group."""
    request = {"group": "g", "start": {"beginning": True}}

    def read() -> list[dict]:
        return messages(grpcurl(filled, "sluice.v1.LogService/Subscribe", data=request).stdout)

    first = read()
    assert first[0]["membership"]["slots"] == 64
    batches = [m for m in first if "batch" in m]
    assert batches
    acknowledge = {"group": "g", "member": first[0]["membership"]["member"], "cursor": batches[-1]["cursor"]}
    # It may still acknowledge for a while though its stream has ended.
    grpcurl(filled, "sluice.v1.LogService/Acknowledge", data=acknowledge)
    assert not [m for m in read() if "batch" in m]
    done = grpcurl(filled, "sluice.v1.LogService/Acknowledge", data={**acknowledge, "member": "x"}, expect=None)
    assert "NotFound" in done.stderr
    done = grpcurl(filled, "sluice.v1.LogService/Acknowledge", data={**acknowledge, "cursor": "x"}, expect=None)
    assert "InvalidArgument" in done.stderr
    assert json.loads(grpcurl(filled, "sluice.v1.LogService/ListGroups").stdout)["groups"][0]["name"] == "g"


@pytest.mark.parametrize(
    "requests, code",
    [
        ([{"sequence": 1}], "FailedPrecondition"),
        ([{"hello": {"agent": ""}}], "InvalidArgument"),
        ([{"hello": {"agent": "../../etc", "instance": "i"}}], "InvalidArgument"),
        ([{"hello": {"agent": "a" * 5000, "instance": "i"}}], "InvalidArgument"),
    ],
)
def test_a_hostile_agent_is_refused(filled, requests, code):
    done = grpcurl(filled, "sluice.v1.IngestService/Push", data=requests, expect=None)
    assert done.returncode != 0 and code in done.stderr, done.stderr + done.stdout
    assert grpcurl(filled, "list").returncode == 0


@pytest.mark.parametrize("topic", ["", ".", "..", "a/b", "../x", "ä", "x" * 250, "a b", "a\0b"])
def test_a_batch_for_an_impossible_topic_is_not_stored(filled, topic):
    hello = {"hello": {"agent": "evil", "instance": "i", "host": "h"}}
    batch = {
        "topic": topic,
        "agent": "evil",
        "file": {"device": "1", "inode": "2"},
        "firstOffset": "0",
        "endOffset": "2",
        "summary": {"count": 1, "severities": 1},
        "records": [{"body": "x"}],
    }
    done = grpcurl(filled, "sluice.v1.IngestService/Push", data=[hello, {"sequence": 1, "batches": [batch]}], expect=None)
    refused = "InvalidArgument" in done.stderr
    rejected = [r for m in messages(done.stdout) for r in m.get("ack", {}).get("rejections", [])]
    assert refused or [r["code"] for r in rejected] == [3], done.stdout + done.stderr
    (answer,) = messages(grpcurl(filled, "sluice.v1.LogService/ListTopics", data={}).stdout)
    assert [t["name"] for t in answer["topics"]] == ["app"]


def test_a_pushed_batch_is_stored_once(filled):
    hello = {"hello": {"agent": "other", "instance": "i", "host": "h"}}
    batch = {
        "topic": "pushed",
        "agent": "other",
        "host": "h",
        "path": "/p",
        "file": {"device": "1", "inode": "2"},
        "firstOffset": "0",
        "endOffset": "4",
        "summary": {"count": 2, "severities": 1, "minTimeUnixNano": "1", "maxTimeUnixNano": "1"},
        "records": [{"timeUnixNano": "1", "body": "x"}, {"timeUnixNano": "1", "body": "y", "offset": "2"}],
    }
    stream = [hello, {"sequence": 1, "batches": [batch]}, {"sequence": 2, "batches": [batch]}]
    done = grpcurl(filled, "sluice.v1.IngestService/Push", data=stream)
    acks = [m["ack"] for m in messages(done.stdout) if "ack" in m]
    assert acks[-1]["sequence"] == "2" and not any(a.get("rejections") for a in acks)
    assert filled.raw("pushed") == [b"x", b"y"]
