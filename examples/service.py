"""A service that sends logs and heartbeats to a collector over HTTP, with nothing but Python's standard library.

    service.py [--collector http://127.0.0.1:7071] [--service NAME] [--environment NAME] [--instance NAME]
               [--interval SECONDS] [--rate N] [--count N]

It takes orders, `--rate` a second, and logs each; every tenth one fails. It beats every `--interval` seconds, until it is
stopped (Ctrl-C, SIGTERM) or has taken `--count` orders. What the collector does not take it keeps and sends again: a log
may be there twice then, but none is lost while the service runs.
"""

import argparse
import collections
import datetime
import json
import os
import signal
import sys
import threading
import time
import urllib.error
import urllib.request

KEPT_MAX = 10_000  # records; the oldest go first


class Sender:
    """Sends records in order; keeps what was not taken."""

    def __init__(self, url: str):
        self.url = url
        self.kept: collections.deque[dict] = collections.deque(maxlen=KEPT_MAX)

    def send(self, *records: dict) -> float:
        """How many seconds to wait before the next try; 0 if everything was taken."""
        self.kept.extend(records)
        if not self.kept:
            return 0
        batch = list(self.kept)[:1000]
        request = urllib.request.Request(
            self.url, json.dumps(batch).encode(), {"Content-Type": "application/json"}, method="POST"
        )
        try:
            urllib.request.urlopen(request, timeout=15).close()
        except urllib.error.HTTPError as error:
            if error.code not in (408, 429, 500, 502, 503, 504):
                # It would be refused again: say why, and go on without.
                print(f"{self.url}: {error.code} {error.read().decode().strip()}", file=sys.stderr)
                self._forget(len(batch))
                return 0
            return float(error.headers.get("Retry-After") or 1)
        except OSError as error:
            print(f"{self.url}: {error}", file=sys.stderr)
            return 1
        self._forget(len(batch))
        return 0

    def _forget(self, count: int) -> None:
        for _ in range(count):
            self.kept.popleft()


def now() -> str:
    return datetime.datetime.now(datetime.timezone.utc).isoformat()


def beat(options: argparse.Namespace, stop: threading.Event) -> None:
    """A thread: a heartbeat that is late is worth nothing, so none is kept."""
    url = f"{options.collector}/v1/heartbeats"
    while True:
        Sender(url).send(
            {
                "service": options.service,
                "environment": options.environment,
                "instance": options.instance,
                "interval": options.interval,
                "status": "ok",
            }
        )
        if stop.wait(options.interval):
            return


def order(options: argparse.Namespace, number: int) -> dict:
    failed = number % 10 == 9
    return {
        "service": options.service,
        "environment": options.environment,
        "severity": "error" if failed else "info",
        "message": f"order {number} {'failed' if failed else 'taken'}",
        "time": now(),
        "order": {"number": number, "positions": number % 5 + 1},
        "instance": options.instance,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--collector", default="http://127.0.0.1:7071")
    parser.add_argument("--service", default="orders")
    parser.add_argument("--environment", default="example")
    parser.add_argument("--instance", default=f"orders-{os.getpid()}")
    parser.add_argument("--interval", type=float, default=10, help="between heartbeats, seconds")
    parser.add_argument("--rate", type=float, default=1, help="orders a second")
    parser.add_argument("--count", type=int, default=0, help="end after so many; 0: never")
    options = parser.parse_args()

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    heart = threading.Thread(target=beat, args=(options, stop))
    heart.start()
    sender = Sender(f"{options.collector}/v1/logs")
    taken = 0
    wait = 0.0
    while not stop.is_set() and (options.count == 0 or taken < options.count):
        began = time.monotonic()
        wait = sender.send(order(options, taken))
        taken += 1
        stop.wait(max(wait, 1 / options.rate - (time.monotonic() - began), 0))
    # Once more for what is left, for a while.
    deadline = time.monotonic() + 30
    while sender.kept and time.monotonic() < deadline:
        wait = sender.send()
        if wait:
            time.sleep(wait)
    stop.set()
    heart.join()
    print(f"{taken} orders, {len(sender.kept)} logs not sent")
    sys.exit(1 if sender.kept else 0)


if __name__ == "__main__":
    main()
