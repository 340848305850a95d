"""The daemons' HTTP side: readiness and metrics."""

import http.client
import json
import re

from tests.harness import settings

_SAMPLE = re.compile(r"^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$")
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')


def get(port: int, path: str, timeout: float = 5) -> tuple[int, str]:
    """Status and body; status 0 if nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()
    except (OSError, http.client.HTTPException):
        return 0, ""
    finally:
        connection.close()


def post(port: int, path: str, body: bytes, **headers: str) -> tuple[int, dict, dict]:
    """Status, JSON and headers of the answer; status 0 if there is none. JSON is sent unless Content_Type says otherwise."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=settings.scaled(30))
    try:
        given = {"Content-Type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}}
        connection.request("POST", path, body, given)
        response = connection.getresponse()
        return response.status, json.loads(response.read() or b"{}"), dict(response.getheaders())
    except (OSError, http.client.HTTPException):
        return 0, {}, {}
    finally:
        connection.close()


def parse_metrics(text: str) -> list[tuple[str, dict[str, str], float]]:
    """The samples of a Prometheus text exposition."""
    samples = []
    for line in text.splitlines():
        if match := _SAMPLE.match(line):
            samples.append((match[1], dict(_LABEL.findall(match[2] or "")), float(match[3])))
    return samples


def metric(text: str, name: str, **labels: str) -> float:
    """The sum of the samples with that name and these labels; 0 if there is none."""
    return sum(
        value for n, found, value in parse_metrics(text) if n == name and all(found.get(k) == v for k, v in labels.items())
    )
