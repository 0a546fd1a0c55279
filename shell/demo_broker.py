"""The demo's broker: amqtt, in a thread of its own, on a loopback port that is free."""

import asyncio
import logging
import threading
from typing import Any, Self

from .refusal import Refusal

HOST = "127.0.0.1"
START_TIMEOUT_SECONDS = 15.0
# Longer and Ctrl-C would seem not to work; what is left then ends with the process.
STOP_TIMEOUT_SECONDS = 3.0

CONFIG: dict[str, Any] = {
    "listeners": {"default": {"type": "tcp", "bind": f"{HOST}:0"}},
    # Loopback only: whoever may connect is on this machine already.
    "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
}


class DemoExtraMissing(Refusal):
    """The demo's broker is not installed."""


class DemoBroker:
    """An MQTT 3.1.1 broker, running inside the `with` block at `port`.

    Good enough to look at: it keeps no session when a client goes, so nothing is to be proven with it.
    Raises `DemoExtraMissing`, or what amqtt raises when it cannot listen.
    """

    port: int

    def __enter__(self) -> Self:
        try:
            from amqtt.broker import Broker
        except ModuleNotFoundError as error:
            raise DemoExtraMissing(
                "the demo needs its own MQTT broker: install Sitewarden with `pip install 'sitewarden[demo]'`"
            ) from error
        # It logs each packet's trouble on the root logger's handlers; the demo's terminal is for the table.
        logging.getLogger("amqtt").setLevel(logging.CRITICAL)
        logging.getLogger("transitions").setLevel(logging.WARNING)
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, name="demo broker")
        self.thread.start()
        try:
            self.broker = self.run(self.serve(Broker), START_TIMEOUT_SECONDS)
        except BaseException:
            self.end_loop()
            raise
        return self

    async def serve(self, make: Any) -> Any:
        broker = make(CONFIG)
        await broker.start()
        # amqtt does not tell which port it was given; its server knows.
        server = broker._servers["default"].instance
        self.port = server.sockets[0].getsockname()[1]
        return broker

    def run(self, work: Any, timeout: float) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout)

    def __exit__(self, *failure: object) -> None:
        try:
            self.run(self.broker.shutdown(), STOP_TIMEOUT_SECONDS)
        except TimeoutError:
            pass
        finally:
            self.end_loop()

    def end_loop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        # What amqtt left running would complain about a closed loop.
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(asyncio.sleep(0))
        self.loop.close()
