"""What may go wrong for a thread that asks the actors."""


class ActorsUnavailable(Exception):
    """The actors gave no answer.

    ActorsUnavailable
    ├── AskTimeout       they are busy, or what was asked for is gone
    └── RuntimeStopped   there are none: the runtime has not started, or has stopped
    """


class AskTimeout(ActorsUnavailable):
    """No answer came in time."""


class RuntimeStopped(ActorsUnavailable):
    """The runtime is not running."""
