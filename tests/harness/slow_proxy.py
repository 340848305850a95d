"""A TCP proxy that takes its time: what comes in goes out later, in both directions."""

import queue
import socket
import threading
import time

from tests.harness import ports


class SlowProxy:
    """Listens on a port of its own; every connection goes to `target`, `delay` seconds each way."""

    def __init__(self, target: int, delay: float):
        self.target, self.delay = target, delay
        self.port = ports.free_port()
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                return
            for source, sink in ((near, far), (far, near)):
                waiting: queue.Queue = queue.Queue()
                threading.Thread(target=self._read, args=(source, waiting), daemon=True).start()
                threading.Thread(target=self._write, args=(waiting, sink), daemon=True).start()

    def _read(self, source: socket.socket, waiting: queue.Queue) -> None:
        data = b"x"
        while data:
            try:
                data = source.recv(1 << 16)
            except OSError:
                data = b""
            waiting.put((time.monotonic() + self.delay, data))

    @staticmethod
    def _write(waiting: queue.Queue, sink: socket.socket) -> None:
        while True:
            due, data = waiting.get()
            time.sleep(max(0.0, due - time.monotonic()))
            try:
                if not data:
                    sink.shutdown(socket.SHUT_WR)
                    return
                sink.sendall(data)
            except OSError:
                return
