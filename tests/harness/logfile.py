"""A log file as a program writes one, and what must come out of it."""

import os
import pathlib


class LogFile:
    """Appends to a file with write(2), as daemons do, and remembers each complete line in `lines`."""

    def __init__(self, path: pathlib.Path):
        self.path = path
        self.lines: list[bytes] = []
        self._part: list[bytes] = []
        path.parent.mkdir(parents=True, exist_ok=True)
        self._fd = self._open()

    def _open(self) -> int:
        return os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def write(self, data: bytes) -> None:
        """Any bytes, also parts of lines."""
        view = memoryview(data)
        while view:
            view = view[os.write(self._fd, view) :]
        first, *rest = data.split(b"\n")
        self._part.append(first)
        if rest:
            self.lines += [b"".join(self._part), *rest[:-1]]
            self._part = [rest[-1]]

    def append(self, *lines: bytes | str) -> None:
        """Whole lines, in one write."""
        self.write(b"".join((line.encode() if isinstance(line, str) else line) + b"\n" for line in lines))

    def rotate(self, suffix: str = ".1") -> pathlib.Path:
        """Renames the file and begins a new one, as logrotate's `create` does; where the old one went."""
        target = self.path.with_name(self.path.name + suffix)
        os.rename(self.path, target)
        os.close(self._fd)
        self._part = []
        self._fd = self._open()
        return target

    def reopen_if_moved(self, may_create: bool = True) -> None:
        """As a daemon does after its log was rotated by somebody else; what it writes goes to the old file until then.

        Without `may_create` it leaves making the new file to whoever rotates.
        """
        try:
            moved = os.stat(self.path).st_ino != os.fstat(self._fd).st_ino
        except FileNotFoundError:
            moved = may_create
        if moved:
            os.close(self._fd)
            self._fd = self._open()

    def copytruncate(self, suffix: str = ".1") -> None:
        """Copies the file aside and empties it in place, as logrotate's `copytruncate` does."""
        self.path.with_name(self.path.name + suffix).write_bytes(self.path.read_bytes())
        os.ftruncate(self._fd, 0)
        self._part = []

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def numbered(prefix: str, count: int, first: int = 0) -> list[bytes]:
    """Lines that tell themselves apart."""
    return [f"{prefix} line {n:08d}".encode() for n in range(first, first + count)]
