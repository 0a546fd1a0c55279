"""Threads for what blocks: dialling and reading the database."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from thespian.actors import ActorAddress

log = logging.getLogger("sitewarden.actors")

Post = Callable[[ActorAddress, object], None]


class Workers:
    """A pool whose results come back as messages. Threads are made as they are needed, at most `most`."""

    def __init__(self, name: str, most: int, post: Post) -> None:
        self.pool = ThreadPoolExecutor(most, thread_name_prefix=f"sitewarden-{name}")
        self.post = post

    def submit(self, to: ActorAddress, task: Callable[[], object]) -> None:
        """Run a task that returns a message, also where it fails: the message tells of it."""
        self.pool.submit(self.run, to, task)

    def run(self, to: ActorAddress, task: Callable[[], object]) -> None:
        try:
            self.post(to, task())
        except Exception:
            # A fault of ours: the task should have made a message of it. Nobody looks into the pool's futures.
            log.exception("%s: a task gave no answer", threading.current_thread().name)

    def stop(self, wait: bool) -> None:
        """Drop what has not begun; what runs ends by its own time-out, and with `wait` has ended on return."""
        self.pool.shutdown(wait=wait, cancel_futures=True)
