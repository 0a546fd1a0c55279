"""Threads for what blocks: dialling, and reading the database. Each task gives a message, also where it fails."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from thespian.actors import ActorAddress

log = logging.getLogger("sitewarden.actors")

Post = Callable[[ActorAddress, object], None]
Task = Callable[[], object]


class Readers:
    """Reads the database, one thing after the other: two threads could bring an older answer after a newer one."""

    def __init__(self, post: Post) -> None:
        self.pool = ThreadPoolExecutor(1, thread_name_prefix="sitewarden-read")
        self.post = post

    def submit(self, to: ActorAddress, task: Task) -> None:
        self.pool.submit(answer, self.post, to, task)

    def stop(self) -> None:
        """Drop what has not begun and wait for what runs."""
        self.pool.shutdown(wait=True, cancel_futures=True)


class Dialler:
    """A thread for each dial, of which a site has one at a time: none waits for another that hangs.

    They are daemons, against our habit: DNS and TLS take as long as they take, and our end must not wait for them. What
    a dial owns is a socket that nobody has seen yet.
    """

    def __init__(self, post: Post) -> None:
        self.post = post

    def submit(self, to: ActorAddress, task: Task) -> None:
        threading.Thread(target=answer, args=(self.post, to, task), name="sitewarden-dial", daemon=True).start()


def answer(post: Post, to: ActorAddress, task: Task) -> None:
    try:
        post(to, task())
    except Exception:
        # A fault of ours: the task should have made a message of it, and nobody else would hear of it.
        log.exception("%s: a task gave no answer", threading.current_thread().name)
