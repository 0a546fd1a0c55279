"""A TCP way to a server that breaks as networks do: cut, closed, refused, slow, or silent."""

import asyncio
import socket
import struct
import threading
import time
from collections.abc import Callable, Collection, Coroutine
from enum import Enum
from types import TracebackType
from typing import Any, Self

from servers.ports import HOST, free_port

CHUNK_BYTES = 65_536
MOST_CHUNKS = 64  # on their way in one direction; what is more waits with the sender, as in a real network
COMMAND_SECONDS = 10.0

# SO_LINGER switched on with 0 seconds: closing sends RST and drops what was not sent.
RESET = struct.pack("ii", 1, 0)

# As many as fill the queue of a port that lets one wait: Linux takes one more than it is told.
FILLING = 2


# With the time (of the loop) at which each may arrive; the last is empty.
Chunks = asyncio.Queue[tuple[float, bytes]]


class Way(Enum):
    """A direction through the proxy."""

    TO_SERVER = "to the server"
    TO_CLIENT = "to the client"


class Lane:
    """How one direction is: it delays by so many seconds, and while `is_open` is not set nothing comes out of it."""

    def __init__(self) -> None:
        self.delay = 0.0
        self.is_open = asyncio.Event()
        self.is_open.set()


class Wire:
    """One connection through the proxy, to its end."""

    def __init__(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self.ends = (client, server)
        self.tasks: list[asyncio.Task[None]] = []

    def cut(self) -> None:
        for writer in self.ends:
            reset(writer)

    def hang_up(self) -> None:
        for writer in self.ends:
            writer.close()


class FaultProxy:
    """Stands before a server on 127.0.0.1, inside the `with` block; all calls may come from any thread.

    A fault lasts until `mend`. `accepted` has the time (monotonic) of each connection that was taken.
    """

    def __init__(self, port: int) -> None:
        self.host = HOST
        self.port = free_port()
        self.server_port = port
        self.accepted: list[float] = []
        self.wires: set[Wire] = set()
        self.answered_bytes: int | None = None
        self.listener: asyncio.Server | None = None
        self.deaf: list[socket.socket] = []
        self.loop = asyncio.new_event_loop()
        self.lanes = {way: Lane() for way in Way}
        self.thread = threading.Thread(target=self.loop.run_forever, name="fault-proxy")

    def __enter__(self) -> Self:
        self.thread.start()
        self.run(self.listen())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.run(self.end())
        finally:
            self.loop.call_soon_threadsafe(self.loop.stop)
            self.thread.join()
            self.loop.close()

    # Faults

    def cut(self) -> None:
        """End every connection by RST, as a router does that has forgotten them. New ones are taken."""
        self.run(self.end_wires(Wire.cut))

    def hang_up(self) -> None:
        """End every connection by FIN, as a server does that closes them. New ones are taken."""
        self.run(self.end_wires(Wire.hang_up))

    def refuse(self) -> None:
        """Refuse new connections (ECONNREFUSED). Those that are there go on."""
        self.run(self.stop_listening())

    def ignore(self) -> None:
        """Let new connections wait for ever: not even TCP answers them. Those that are there go on."""
        self.run(self.go_deaf())

    def delay(self, seconds: float) -> None:
        """Be slow: each direction takes so long."""
        for lane in self.lanes.values():
            lane.delay = seconds

    def swallow(self, *ways: Way) -> None:
        """Forward nothing more in the directions that are named, or in both; nobody is told."""
        self.run(self.block(ways or tuple(Way)))

    def kick_after(self, answered_bytes: int) -> None:
        """End each new connection when the server has answered so many bytes; 4 are a CONNACK of MQTT 3.1.1."""
        self.answered_bytes = answered_bytes

    def mend(self) -> None:
        """Be a good way again: what was swallowed arrives, as TCP would send it again."""
        self.answered_bytes = None
        self.delay(0.0)
        self.run(self.block(()))
        self.run(self.listen())

    def run(self, command: Coroutine[Any, Any, None]) -> None:
        """Have the proxy's thread do something, and wait until it is done."""
        asyncio.run_coroutine_threadsafe(command, self.loop).result(COMMAND_SECONDS)

    # The rest runs in that thread

    async def end_wires(self, end: Callable[[Wire], None]) -> None:
        for wire in list(self.wires):
            end(wire)

    async def block(self, ways: Collection[Way]) -> None:
        """Close the lanes of these ways, and open the others."""
        for way, lane in self.lanes.items():
            if way in ways:
                lane.is_open.clear()
            else:
                lane.is_open.set()

    async def listen(self) -> None:
        for sock in self.deaf:
            sock.close()
        self.deaf.clear()
        if self.listener is None:
            self.listener = await asyncio.start_server(self.take, HOST, self.port)

    async def stop_listening(self) -> None:
        if self.listener is not None:
            self.listener.close()
            self.listener = None

    async def go_deaf(self) -> None:
        await self.stop_listening()
        self.deaf.append(socket.create_server((HOST, self.port), backlog=0))
        for _ in range(FILLING):
            filling = socket.socket()
            filling.setblocking(False)
            filling.connect_ex((HOST, self.port))
            self.deaf.append(filling)

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted.append(time.monotonic())
        try:
            server_reader, server = await asyncio.open_connection(HOST, self.server_port)
        except OSError:
            reset(writer)
            return
        wire = Wire(writer, server)
        self.wires.add(wire)
        try:
            async with asyncio.TaskGroup() as tasks:
                wire.tasks = [
                    *carry(tasks, reader, server, self.lanes[Way.TO_SERVER]),
                    *carry(tasks, server_reader, writer, self.lanes[Way.TO_CLIENT], self.answered_bytes),
                ]
        except* (EndOfWire, ConnectionError):
            pass  # one end has gone; `hang_up` tells the other
        finally:
            wire.hang_up()
            self.wires.discard(wire)

    async def end(self) -> None:
        await self.stop_listening()
        for sock in self.deaf:
            sock.close()
        for wire in list(self.wires):
            wire.cut()
            for task in wire.tasks:
                task.cancel()
        await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()}, return_exceptions=True)


class EndOfWire(Exception):
    """A direction has come to its end."""


def carry(
    tasks: asyncio.TaskGroup,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    lane: Lane,
    most_bytes: int | None = None,
) -> list[asyncio.Task[None]]:
    """Carry what comes in one direction, at most so many bytes, in tasks of which one raises `EndOfWire`."""
    on_the_way: Chunks = asyncio.Queue(MOST_CHUNKS)
    return [
        tasks.create_task(receive(reader, on_the_way, lane)),
        tasks.create_task(deliver(on_the_way, writer, lane, most_bytes)),
    ]


async def receive(reader: asyncio.StreamReader, on_the_way: Chunks, lane: Lane) -> None:
    while True:
        data = await reader.read(CHUNK_BYTES)
        await on_the_way.put((asyncio.get_running_loop().time() + lane.delay, data))
        if not data:
            return


async def deliver(on_the_way: Chunks, writer: asyncio.StreamWriter, lane: Lane, most_bytes: int | None) -> None:
    left = most_bytes
    while left is None or left > 0:
        due, data = await on_the_way.get()
        await asyncio.sleep(due - asyncio.get_running_loop().time())
        await lane.is_open.wait()
        if not data:
            break
        writer.write(data[:left])
        await writer.drain()
        if left is not None:
            left -= len(data)
    raise EndOfWire


def reset(writer: asyncio.StreamWriter) -> None:
    """Close a connection by RST."""
    if not writer.transport.is_closing():
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        writer.transport.abort()
