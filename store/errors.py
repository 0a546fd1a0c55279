"""What can go wrong in the store. Nothing else leaves it: no exception of peewee or of a driver.

StoreError
├── StoreUnavailable      the database does not serve us now: gone, locked, too slow, not migrated; try again later
├── WriterFull            more was handed to the writer thread than it keeps
├── DatabaseUrlInvalid    the database URL cannot be used
├── MigrationFailed       a migration did not go through
├── SecretsInvalid        the secret keys cannot be used
├── SecretUnreadable      a sealed text was not sealed with one of our keys
├── NotKnown              what was named is not in the database
│   ├── SiteUnknown
│   ├── DeviceUnknown
│   ├── TopicUnknown
│   └── UserUnknown
└── NotAllowed            what was asked for breaks a rule; nothing was changed
    ├── SiteTwice         one site is written down twice
    ├── PrefixOverlap     two sites would hear each other's messages
    ├── ClientIdTaken     two sites would throw each other off their broker
    ├── UserExists
    ├── UserNameInvalid
    ├── PasswordInvalid
    └── RoleInvalid
"""


class StoreError(Exception):
    """Anything that the store refuses or cannot do; the message says what and how to mend it."""


class StoreUnavailable(StoreError):
    """The database does not serve us now. What was to be written is not."""


class WriterFull(StoreError):
    """More batches were handed to the writer thread than it keeps; this one is not written."""


class DatabaseUrlInvalid(StoreError):
    """The database URL cannot be used; the message never holds its password."""


class MigrationFailed(StoreError):
    """A migration did not go through; those before it are applied."""


class SecretsInvalid(StoreError):
    """The secret keys cannot be used."""


class SecretUnreadable(StoreError):
    """A sealed text was not sealed with one of our keys."""


class NotKnown(StoreError):
    """What was named is not in the database."""


class SiteUnknown(NotKnown):
    """There is no such site."""


class DeviceUnknown(NotKnown):
    """There is no such gateway, datalogger or sensor."""


class TopicUnknown(NotKnown):
    """There is no such discovered topic on that site."""


class UserUnknown(NotKnown):
    """There is no such user."""


class NotAllowed(StoreError):
    """What was asked for breaks a rule; nothing was changed."""


class SiteTwice(NotAllowed):
    """Two drafts have the code of one site."""


class PrefixOverlap(NotAllowed):
    """Two sites on one broker would hear each other's messages."""


class ClientIdTaken(NotAllowed):
    """Two sites would use one client id on one broker and throw each other off."""


class UserExists(NotAllowed):
    """The name is taken."""


class UserNameInvalid(NotAllowed):
    """The name cannot be used."""


class PasswordInvalid(NotAllowed):
    """The password cannot be used."""


class RoleInvalid(NotAllowed):
    """There is no such role."""
