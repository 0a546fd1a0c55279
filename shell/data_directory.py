"""The directory where an installation keeps what it owns."""

from pathlib import Path

from .refusal import Refusal

OWNER_ONLY = 0o700


class DataDirectoryUnusable(Refusal):
    """The data directory cannot be made, or something else has its name."""


def make_data_directory(directory: Path) -> None:
    """Make the data directory, for its owner alone, if it is not there; raises `DataDirectoryUnusable`.

    To be done before anything is put into it: whoever makes a file's parents on the way leaves them open to all.
    """
    try:
        directory.mkdir(mode=OWNER_ONLY, parents=True, exist_ok=True)
    except OSError as error:
        reason = "it is not a directory" if isinstance(error, FileExistsError) else error.strerror
        raise DataDirectoryUnusable(
            f"the data directory {directory.absolute()} cannot be used: {reason}; set another one with"
            " SITEWARDEN_DATA_DIR"
        ) from error
