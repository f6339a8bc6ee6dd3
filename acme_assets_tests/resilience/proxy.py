"""A network that misbehaves: a proxy on the loopback between a client and a server of a test.

    through      bytes go through as they come
    reset        each connection breaks after so many bytes from the server, give or take all of them
    black hole   connections are taken, and nothing ever comes through
    loss         so many of a hundred connections break at once, and as many of 3,000 chunks break those of others
    slow         each chunk waits a moment
    vanished     from now on, nothing that connections send is even acknowledged, as if a cable had been pulled

Belongs here: the proxy. Not here: what must hold behind it (`test_bad_network.py`).
"""

import ctypes
import random
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

CHUNK = 1 << 16
#: closes with a reset, as a firewall does
ABORT = struct.pack("ii", 1, 0)
SO_ATTACH_FILTER = 26
#: a filter of one instruction, which keeps nothing of what arrives (BPF_RET, 0)
NOTHING = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))
DEAF = struct.pack("HP", 1, ctypes.addressof(NOTHING))


@dataclass
class Fault:
    """What is wrong with the network; nothing unless said."""

    reset_after: int | None = None
    black_hole: bool = False
    #: of a hundred connections
    loss: int = 0
    delay_seconds: float = 0.0


@dataclass
class Proxy:
    """Passes on to `target`; `fault` may be changed at any time."""

    target: tuple[str, int]
    fault: Fault = field(default_factory=Fault)
    broken: int = 0
    _clients: list[socket.socket] = field(default_factory=list)
    _listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    _chance: random.Random = field(default_factory=lambda: random.Random(20240101))  # noqa: S311  # the same in every run

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def serve(self) -> None:
        with suppress(OSError):  # closed: it is over
            while True:
                client, _ = self._listener.accept()
                self._clients.append(client)
                threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def vanish(self) -> None:
        """The connections that there are. The kernel answers for a program that is merely silent, so it is deafened."""
        for client in self._clients:
            with suppress(OSError):
                client.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, DEAF)

    def close(self) -> None:
        """Ends `serve`, which a mere close would leave waiting."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _pass_on(self, client: socket.socket) -> None:
        with suppress(OSError), client:
            if self._lost(of=100):
                self._break(client)
                return
            with socket.create_connection(self.target) as server:
                back = threading.Thread(target=self._pump, args=(server, client, True), daemon=True)
                back.start()
                self._pump(client, server, answers=False)
                back.join()

    def _pump(self, source: socket.socket, sink: socket.socket, answers: bool) -> None:
        """Until one side ends, or the fault strikes; then both are broken."""
        passed, chance = 0, 2 * self._chance.random()
        with suppress(OSError):
            while data := source.recv(CHUNK):
                passed += len(data)
                while self.fault.black_hole:
                    time.sleep(0.05)
                time.sleep(self.fault.delay_seconds)
                limit = self.fault.reset_after
                if self._lost(of=3_000) or (answers and limit is not None and passed > chance * limit):
                    self._break(source, sink)
                    return
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    def _lost(self, of: int) -> bool:
        return self._chance.random() * of < self.fault.loss

    def _break(self, *sides: socket.socket) -> None:
        self.broken += 1
        for side in sides:
            with suppress(OSError):
                side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
                # A thread may wait for it, and would keep a socket open that is only closed.
                side.shutdown(socket.SHUT_RDWR)
                side.close()


@contextmanager
def between(host: str, port: int) -> Iterator[Proxy]:
    """A proxy to the server, until the end of the block."""
    proxy = Proxy((host, port))
    thread = threading.Thread(target=proxy.serve, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.fault = Fault()
        proxy.close()
        thread.join()
