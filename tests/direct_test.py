"""Services that send by themselves, over HTTP and OTLP."""

import gzip
import json
import socket
import subprocess
import sys
import threading
import time

import pytest

from tests.harness import http, settings
from tests.harness.http import post
from tests.harness.process import Program

EXAMPLE = settings.ROOT / "examples/service.py"


def test_curl_sends_a_log(sandbox):
    collector = sandbox.collector()
    done = subprocess.run(
        ["curl", "-sS", "-w", "%{http_code}", f"http://127.0.0.1:{collector.http_port}/v1/logs"]
        + ["-H", "Content-Type: application/json"]
        + ["-d", '{"service": "shop", "environment": "prod", "severity": "warn", "message": "late", "order": {"id": 7}}'],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == '{"accepted":1}\n202'
    (record,) = sandbox.json("tail", "shop", "--no-follow")
    assert record["labels"] == {"service": "shop", "environment": "prod"}
    assert record["attributes"] == {"order.id": "7"}
    assert record["body"] == "late"


def test_compressed_and_many(sandbox):
    port = sandbox.collector().http_port
    lines = [b"%d" % i for i in range(5000)]
    body = b"\n".join(b'{"service":"s","message":"%b"}' % line for line in lines)
    status, answer, _ = post(port, "/v1/logs", gzip.compress(body), Content_Encoding="gzip")
    assert (status, answer) == (202, {"accepted": 5000})
    sandbox.expect("s", lines)


def test_what_was_accepted_survives_kill_9(sandbox):
    """At least once: what was answered is there; what was not may be, too."""
    collector = sandbox.collector()
    accepted: list[bytes] = []
    sent: list[bytes] = []
    stop = threading.Event()

    def send(worker: int) -> None:
        number = 0
        while not stop.is_set():
            line = b"%d %d" % (worker, number)
            number += 1
            sent.append(line)
            if post(collector.http_port, "/v1/logs", b'{"service":"s","message":"%b"}' % line)[0] == 202:
                accepted.append(line)

    threads = [threading.Thread(target=send, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        collector.wait_metric("sluice_collector_records_total", 50, topic="s")
        collector.kill()
        collector.start()
    collector.wait_metric("sluice_collector_records_total", 50, topic="s")
    stop.set()
    for thread in threads:
        thread.join()
    found = sandbox.raw("s")
    assert set(accepted) <= set(found) <= set(sent)
    assert len(found) == len(set(found))  # nobody sent a line twice


def test_hostile_bodies_are_told_and_change_nothing(sandbox):
    port = sandbox.collector(config="direct: {body_bytes: 64KiB, records: 100}\n").http_port
    deep = b'{"service":"s","message":"m","a":' + b"[" * 30_000 + b"]" * 30_000 + b"}"
    cases = [
        (b"", 400),
        (b"\x00\xff", 400),
        (b"[" * 60_000, 400),
        (deep, 400),
        (b'{"service":"s","message":"m"}' * 101, 413),
        (b" " * 70_000, 413),
        (gzip.compress(b" " * 50_000_000), 413),
        (b'{"service":"../../etc","message":"m","time":"never"}', 400),
    ]
    for body, expected in cases:
        encoding = {"Content_Encoding": "gzip"} if body.startswith(b"\x1f\x8b") else {}
        status, answer, _ = post(port, "/v1/logs", body, **encoding)
        assert status == expected and answer["error"], (body[:40], status, answer)
    assert post(port, "/v1/logs", b"{}", Content_Encoding="zstd")[0] == 415
    assert post(port, "/v1/logs", b"{}", Content_Type="text/html")[0] == 415
    assert sandbox.json("topics") == []
    assert post(port, "/v1/logs", b'{"service":"../../etc","message":"m"}')[0] == 202
    assert [t["name"] for t in sandbox.json("topics")] == [".._.._etc"]


def test_slow_senders_keep_nobody_from_metrics(sandbox):
    collector = sandbox.collector()
    slow = []
    for _ in range(40):
        connection = socket.create_connection(("127.0.0.1", collector.http_port))
        connection.sendall(b"POST /v1/logs HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{")
        slow.append(connection)
    for _ in range(20):
        assert http.get(collector.http_port, "/metrics", timeout=settings.scaled(10))[0] == 200
    for connection in slow:
        connection.close()


def test_slow_headers_keep_nobody_from_anything(sandbox):
    """Connections that send nothing, or a header drop by drop, more of them than the collector has threads."""
    port = sandbox.collector().http_port
    slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(200)]
    begin = time.monotonic()
    for drop in b"GET /healthz HTTP/1.1":
        for connection in slow[::2]:
            connection.send(bytes([drop]))
        assert http.get(port, "/healthz")[0] == 200
        assert post(port, "/v1/logs", b'{"service":"s","message":"m"}')[0] == 202
    took = time.monotonic() - begin
    assert took < settings.scaled(4), f"{took} s: they waited for the slow ones' time to be over"
    for connection in slow:
        connection.settimeout(settings.scaled(20))
        try:
            assert connection.recv(1) == b"", "it was answered"
        except ConnectionResetError:
            pass
        connection.close()


def test_the_example_service(sandbox):
    collector = sandbox.collector()
    service = Program(
        "service",
        [sys.executable, str(EXAMPLE), f"--collector=http://127.0.0.1:{collector.http_port}"]
        + ["--rate=200", "--interval=0.2", "--count=30", "--instance=one"],
        sandbox.home / "service.log",
    )
    service.spawn()
    assert service.process.wait(settings.scaled(60)) == 0, service.log()
    records = sandbox.json("tail", "orders", "--no-follow")
    assert [r["attributes"]["order.number"] for r in records] == [str(i) for i in range(30)]
    assert {r["severity"] for r in records} == {"INFO", "ERROR"}
    beats = [json.loads(r["body"]) for r in sandbox.json("tail", "heartbeats", "--no-follow")]
    assert beats and all(b["service"] == "orders" and b["instance"] == "one" and b["interval"] == 0.2 for b in beats)


OTEL = """
import logging, sys
from grpc import Compression
from opentelemetry._logs import set_logger_provider
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource

provider = LoggerProvider(resource=Resource.create({"service.name": "otel-shop", "deployment.environment": "prod"}))
exporter = OTLPLogExporter(endpoint=sys.argv[1], insecure=True, compression=Compression[sys.argv[2]])
provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
log = logging.getLogger("billing")
log.setLevel(logging.DEBUG)
log.addHandler(LoggingHandler(logger_provider=provider))
for i in range(100):
    log.error("order %d failed", i, extra={"order": i})
log.debug("done")
assert provider.force_flush(30000)
provider.shutdown()
"""


@pytest.mark.parametrize("compression", ["NoCompression", "Gzip"])  # the default of SDKs, and that of Collectors
def test_a_real_opentelemetry_sdk(sandbox, compression):
    collector = sandbox.collector()
    python = settings.CACHE / "otel/bin/python3"
    done = subprocess.run(
        [str(python), "-c", OTEL, f"http://{collector.address}", compression],
        capture_output=True,
        text=True,
        timeout=settings.scaled(120),
        check=False,
    )
    assert done.returncode == 0, done.stderr
    records = sandbox.json("tail", "otel-shop", "--no-follow")
    assert [r["body"] for r in records] == [f"order {i} failed" for i in range(100)] + ["done"]
    assert [r["severity"] for r in records] == ["ERROR"] * 100 + ["DEBUG"]
    assert records[7]["attributes"]["order"] == "7"
    assert records[0]["attributes"]["scope.name"] == "billing"
    assert records[0]["labels"] == {"service": "otel-shop", "environment": "prod"}
