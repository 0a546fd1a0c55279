"""How a command fails: with a sentence, and an exit code that scripts can rely on."""

from enum import IntEnum


class Exit(IntEnum):
    """The exit codes of every command."""

    OK = 0
    FAILED = 1
    USAGE = 2  # given by the command-line parser
    NOT_RUNNING = 3  # `status` only
    INTERRUPTED = 130  # Ctrl-C; 128 and the signal's number, as shells have it


class Refusal(Exception):
    """A command cannot do what was asked. The message says what is so and how to mend it.

    Refusal
    ├── DataDirectoryUnusable  the data directory cannot be made
    ├── DatabaseUnusable       the database cannot be opened or brought up to date
    ├── NoInstallation         nobody has made an installation there yet
    ├── AlreadyRunning         another process serves this data directory
    ├── NoSuchSite             no site has the code that was given
    ├── SocketUnusable         the admin socket cannot be made, or what answers on it is not Sitewarden
    ├── FleetInvalid           a fleet file has a bad row
    ├── BrokerUnreachable      the simulator found no broker
    └── DemoExtraMissing       the demo's broker is not installed
    """
