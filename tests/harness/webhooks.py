"""An HTTP server that webhooks go to."""

import hashlib
import hmac
import http.server
import json
import threading
import time


class Webhooks:
    """Notes what comes; answers as it is told to."""

    def __init__(self, secret: str = ""):
        self.secret = secret
        self.status = 200
        self.hang = threading.Event()
        self.hang.set()  # cleared: whoever asks waits
        self.received: list[dict] = []
        self.refused = 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.hang.wait()
                if outer.secret and not outer.genuine(self.headers, body):
                    status = 401
                else:
                    status = outer.status
                if status == 200:
                    outer.received.append(json.loads(body))
                else:
                    outer.refused += 1
                self.send_response(status)
                self.end_headers()

            def log_message(self, *args) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def genuine(self, headers, body: bytes) -> bool:
        """As docs/notifications.md tells receivers to check."""
        timestamp = headers["X-Sluice-Timestamp"]
        signed = timestamp.encode() + b"." + body
        expected = "sha256=" + hmac.new(self.secret.encode(), signed, hashlib.sha256).hexdigest()
        return hmac.compare_digest(expected, headers["X-Sluice-Signature"]) and abs(time.time() - int(timestamp)) < 300

    def alerts(self) -> list[tuple[str, str, str]]:
        """(rule, state, the group's only value or "") of each that was told, in order."""
        return [(a["rule"], a["state"], next(iter(a["group"].values()), "")) for m in self.received for a in m["alerts"]]

    def close(self) -> None:
        self.hang.set()
        self.server.shutdown()
        self.server.server_close()
