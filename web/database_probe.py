"""Whether the database answers, found out in bounded time."""

import threading
from concurrent.futures import Future
from typing import Literal

from ..store.errors import StoreUnavailable
from ..store.store import Store

# Seconds. Monitors give up after five or so; the store's own patience with a frozen server is longer.
SOON = 2.0

Answer = Literal["ok", "slow", "gone"]


class DatabaseProbe:
    """Asks the database for the least, in a thread of its own: one at a time, whose answer all share who ask meanwhile.

    The thread is a daemon, for it may hang as long as the database does.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.lock = threading.Lock()
        self.asked: Future[None] | None = None

    def look(self) -> Answer:
        try:
            self.ask().result(SOON)
        except StoreUnavailable:
            return "gone"
        except TimeoutError:
            return "slow"
        return "ok"

    def ask(self) -> "Future[None]":
        with self.lock:
            if self.asked is None or self.asked.done():
                self.asked = Future()
                threading.Thread(target=self.ping, args=(self.asked,), name="database-probe", daemon=True).start()
            return self.asked

    def ping(self, answer: "Future[None]") -> None:
        try:
            self.store.ping()
        except Exception as error:  # noqa: BLE001 - raised again where it was asked
            answer.set_exception(error)
        else:
            answer.set_result(None)
