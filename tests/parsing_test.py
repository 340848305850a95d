"""What parsers find in lines, from a file to `sluice tail --output json`."""

import json

import pytest

from tests.harness.waiting import wait_until


def source(sandbox, name: str, **keys) -> dict:
    root = sandbox.logs / name
    root.mkdir(exist_ok=True)
    return {"name": name, "root": str(root), "topic": name, **keys}


def start(sandbox, *sources: dict):
    sandbox.collector()
    return sandbox.agent(config=json.dumps({"sources": list(sources)}))


def records(sandbox, topic: str, count: int) -> list[dict]:
    """The records of a topic, once there are that many."""
    found: list[dict] = []

    def enough() -> bool:
        nonlocal found
        found = [json.loads(line) for line in sandbox.raw(topic, "--output=json")]
        return len(found) >= count

    wait_until(enough, lambda: f"{count} records in {topic}, found {found}")
    assert len(found) == count
    return found


def only_record(sandbox, agent_source: dict, line: str) -> dict:
    sandbox.log_file(f"{agent_source['name']}/x.log").append(line)
    start(sandbox, agent_source)
    (record,) = records(sandbox, agent_source["name"], 1)
    assert sandbox.raw(agent_source["name"]) == [line.encode()], "the line itself is never changed"
    return record


TIME = "2026-11-20T09:15:39.123"
FORMATS = {
    "json": (
        {"parser": "json"},
        '{"time":"2026-11-20T09:15:39.123Z","level":"warn","http":{"status":404,"tags":["a", "b"]},"msg":"a \\"b\\"","x":null}',
        "WARN",
        {
            "time": "2026-11-20T09:15:39.123Z",
            "level": "warn",
            "http.status": "404",
            "http.tags": '["a","b"]',
            "msg": 'a "b"',
        },
    ),
    "logfmt": (
        {"parser": "logfmt"},
        'ts=2026-11-20T09:15:39.123Z level=error msg="a \\"b\\"" took=3ms',
        "ERROR",
        {"ts": "2026-11-20T09:15:39.123Z", "level": "error", "msg": 'a "b"', "took": "3ms"},
    ),
    "syslog": (
        {"parser": "syslog"},
        '<163>1 2026-11-20T09:15:39.123Z web-1 app 12 ID7 [a@1 b="c \\"d\\""] it happened',
        "ERROR",
        {"facility": "local4", "hostname": "web-1", "appname": "app", "procid": "12", "msgid": "ID7", "a@1.b": 'c "d"'},
    ),
    "glog": (
        {"parser": "glog"},
        'W20261120 09:15:39.123 77 main.go:42] "Pod started" pod="a/b"',
        "WARN",
        {"thread_id": "77", "file": "main.go", "line": "42", "pod": "a/b"},
    ),
    "regex": (
        {"parser": "regex", "pattern": r"^(?P<time>\S+) (?P<level>\w+) (?P<rest>.*)$"},
        "2026-11-20T09:15:39.123Z debug all the rest",
        "DEBUG",
        {"time": "2026-11-20T09:15:39.123Z", "level": "debug", "rest": "all the rest"},
    ),
    "plain": ({"parser": "plain"}, "2026-11-20 09:15:39.123 ERROR [main] x=1", "ERROR", {}),
    "auto": ({}, '{"time":"2026-11-20T09:15:39.123Z","level":"info","a":1}', "INFO", {}),
    "auto-all": ({"fields": "all"}, 'time=2026-11-20T09:15:39.123Z level=info a="b"', "INFO", {"a": "b"}),
    "named": (
        {"parser": "json", "fields": ["http.status", "nothing"]},
        '{"time":"2026-11-20T09:15:39.123Z","level":"info","http":{"status":200,"path":"/"},"a":1}',
        "INFO",
        {"http.status": "200"},
    ),
    "none": (
        {"parser": "json", "fields": "none"},
        '{"time":"2026-11-20T09:15:39.123Z","level":"info","a":1}',
        "INFO",
        {},
    ),
}


@pytest.mark.parametrize("name", FORMATS)
def test_each_parser_finds_time_severity_and_attributes(sandbox, name):
    keys, line, severity, attributes = FORMATS[name]
    record = only_record(sandbox, source(sandbox, name, **keys), line)
    assert record["time"].startswith(TIME), record
    assert record["severity"] == severity
    found = record.get("attributes", {})
    if name == "auto-all":
        found = {key: found[key] for key in attributes}
    assert found == attributes


def test_access_logs_and_the_severity_of_a_status(sandbox):
    lines = [
        '10.0.0.1 - ann [20/Nov/2026:09:15:39 +0000] "GET /a?b HTTP/1.1" 503 12 "-" "curl/8"',
        "#Date: 2026-11-20 09:15:00",
        "#Fields: time c-ip sc-status cs(User-Agent)",
        '09:15:39.5 10.0.0.2 404 "a b"',
    ]
    web = source(sandbox, "web", parser="w3c", severity_from_status=True)
    sandbox.log_file("web/x.log").append(*lines)
    agent = start(sandbox, web)
    access, date, fields, row = records(sandbox, "web", 4)
    assert access["severity"] == "ERROR" and access["time"].startswith("2026-11-20T09:15:39")
    assert access["attributes"] == {
        "remote_addr": "10.0.0.1",
        "user": "ann",
        "method": "GET",
        "path": "/a?b",
        "protocol": "HTTP/1.1",
        "status": "503",
        "bytes": "12",
        "user_agent": "curl/8",
    }
    assert row["severity"] == "WARN" and row["time"].startswith("2026-11-20T09:15:39.5")
    assert row["attributes"] == {"time": "09:15:39.5", "c-ip": "10.0.0.2", "sc-status": "404", "cs(User-Agent)": "a b"}
    assert not date.get("attributes") and not fields.get("attributes"), "directives are no errors"
    assert agent.metric("sluice_agent_parse_errors_total", source="web") == 0
    assert sandbox.raw("web") == [line.encode() for line in lines]


def test_columns_are_known_again_after_a_restart(sandbox):
    file = sandbox.log_file("web/x.log")
    file.append("#Fields: date time sc-status", "2026-11-20 09:15:39 200")
    agent = start(sandbox, source(sandbox, "web", parser="w3c"))
    records(sandbox, "web", 2)
    agent.stop()
    file.append("2026-11-20 09:15:40 404")
    agent.start()
    *_, last = records(sandbox, "web", 3)
    assert last["time"].startswith("2026-11-20T09:15:40")
    assert last["attributes"] == {"date": "2026-11-20", "time": "09:15:40", "sc-status": "404"}


def test_a_line_that_does_not_parse_goes_on_as_plain_text_and_is_counted(sandbox):
    lines = [b'{"level":"info"}', b"ERROR: no JSON", b"", b'{"level":"warn","a":"cut', b'{"a":"\xff"}', b'{"a":1}\r']
    file = sandbox.log_file("app/x.log")
    file.write(b"".join(line + b"\n" for line in lines))
    sandbox.log_file("other/x.log").append('{"level":', "ERROR: x")
    agent = start(sandbox, source(sandbox, "app", parser="json"), source(sandbox, "other"))
    good, text, empty, cut, latin, crlf = records(sandbox, "app", 6)
    records(sandbox, "other", 2)
    assert good["attributes"] == {"level": "info"}
    assert text["severity"] == "ERROR" and text["attributes"] == {"parse_error": "no JSON object"}
    assert not empty.get("attributes"), "an empty line is no error"
    assert cut["severity"] == "WARN" and cut["attributes"] == {"parse_error": "unfinished JSON"}
    assert latin["attributes"] == {"parse_error": "JSON that is not UTF-8"}
    assert crlf["attributes"] == {"a": "1"}
    assert sandbox.raw("app") == lines, "bytes are unchanged"
    assert agent.metric("sluice_agent_parse_errors_total", source="app") == 3
    assert agent.metric("sluice_agent_parse_errors_total", source="other") == 0, "auto has no parse errors"


def test_attributes_are_bounded_and_say_so(sandbox):
    many = json.dumps({f"k{n}": n for n in range(1000)})
    large = json.dumps({"large": "x" * 200_000, "small": "y"})
    huge = json.dumps({f"k{n}": "\n" * 6_000 for n in range(20)})
    sandbox.log_file("app/x.log").append(many, large, huge)
    start(sandbox, source(sandbox, "app", parser="json"))
    first, second, third = (record["attributes"] for record in records(sandbox, "app", 3))
    assert len(first) == 128 and first["k126"] == "126" and first["fields_omitted"] == "873"
    assert second == {"small": "y", "fields_omitted": "1"}
    assert sum(len(key) + len(value) for key, value in third.items()) <= 64 * 1024 + 32
    assert int(third["fields_omitted"]) == 20 - (len(third) - 1)
    assert sandbox.raw("app") == [many.encode(), large.encode(), huge.encode()]
