"""What people decide about devices: their labels, and whether they are there at all.

The database has it first, then the actors are told; so a crash between the two loses nothing.
"""

import logging
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from ..actors.messages import MarkDevice, RelabelDevice
from ..store.records import Kind
from ..store.store import Store
from .access import Caller
from .devices import Record
from .live import Live

log = logging.getLogger("sitewarden.web")

LONGEST_LABEL = 255
# Control, format (bidirectional overrides, zero-width), surrogate, private-use and unassigned characters: what looks
# like another label, or breaks a terminal (threat S5).
REFUSED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def normalized(value: object) -> object:
    """Compose accents (NFC), so that labels that look the same are the same."""
    return unicodedata.normalize("NFC", value).strip() if isinstance(value, str) else value


def check_label(value: str) -> str:
    if not value:
        raise ValueError("A label is not empty; write null to show the serial number.")
    for character in value:
        if unicodedata.category(character) in REFUSED_CATEGORIES:
            raise ValueError(f"The character U+{ord(character):04X} cannot be in a label.")
    return value


Label = Annotated[str, Field(max_length=LONGEST_LABEL), AfterValidator(check_label)]


class LabelBody(BaseModel):
    """A new label; null goes back to the serial number."""

    model_config = ConfigDict(extra="forbid", strict=True)

    label: Annotated[Label | None, BeforeValidator(normalized)]


class Curator:
    """Does to devices what a caller asks. Raises `Forbidden` for one who may only look."""

    def __init__(self, store: Store, live: Live) -> None:
        self.store = store
        self.live = live

    def relabel(self, caller: Caller, kind: Kind, id: int, record: Record, label: str | None) -> Record:
        """Give a device a label, and return its record with it."""
        caller.must_operate(record.site_id, kind)
        self.store.set_label(kind, id, label)
        self.live.tell(RelabelDevice(kind, id, label))
        log.info("%s labelled %s %s %r", caller.user.name, kind, id, label)
        return record._replace(label=label)

    def mark(self, caller: Caller, kind: Kind, id: int, record: Record, is_deleted: bool) -> Record:
        """Delete a device softly, or restore it, and return its record so."""
        caller.must_operate(record.site_id, kind)
        self.store.set_deleted(kind, id, is_deleted)
        self.live.tell(MarkDevice(kind, id, is_deleted))
        log.info("%s %s %s %s", caller.user.name, "deleted" if is_deleted else "restored", kind, id)
        return record._replace(is_deleted=is_deleted)
