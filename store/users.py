"""Users, their tokens, and what they may do (row A4)."""

import hashlib
import re
import secrets

from peewee import IntegrityError

from .database import StoreDatabase
from .errors import RoleInvalid, SiteUnknown, UserExists, UserNameInvalid, UserUnknown
from .records import Access, UserRecord
from .tables import ApiToken, Site, SiteAccess, UserAccount

USER_NAME = re.compile(r"[A-Za-z0-9._@+-]{1,100}")
ROLES = ("viewer", "operator")

TOKEN_START = "sw_"  # tells secret scanners what it is
TOKEN_BYTES = 32  # 256 random bits

USER_COLUMNS = (UserAccount.id, UserAccount.name, UserAccount.is_superuser)


def check_user_name(name: str) -> None:
    if not USER_NAME.fullmatch(name):
        raise UserNameInvalid(f"{name!r} cannot be a user's name: write 1 to 100 of A-Z a-z 0-9 . _ @ + -")


def add_user(database: StoreDatabase, name: str, password_hash: str, is_superuser: bool, now: float) -> UserRecord:
    """Add a user and return it; raises `UserExists`."""
    row = {"name": name, "password_hash": password_hash, "is_superuser": is_superuser, "created_at": now}
    try:
        user_id = UserAccount.insert(row).execute(database)
    except IntegrityError as error:
        raise UserExists(f"there is a user {name!r} already") from error
    return UserRecord(user_id, name, is_superuser)


def find_user(database: StoreDatabase, name: str) -> UserRecord | None:
    for row in UserAccount.select(*USER_COLUMNS).where(UserAccount.name == name).tuples().execute(database):
        return UserRecord(*row)
    return None


def issue_token(database: StoreDatabase, user_id: int, now: float) -> str:
    """Make a token, keep its digest, and return it: it cannot be had again. Raises `UserUnknown`."""
    check_user(database, user_id)
    token = TOKEN_START + secrets.token_urlsafe(TOKEN_BYTES)
    ApiToken.insert(user_id=user_id, digest=token_digest(token), created_at=now).execute(database)
    return token


def find_user_of_token(database: StoreDatabase, token: str) -> UserRecord | None:
    query = UserAccount.select(*USER_COLUMNS).join(ApiToken, on=ApiToken.user_id == UserAccount.id)
    for row in query.where(ApiToken.digest == token_digest(token)).tuples().execute(database):
        return UserRecord(*row)
    return None


def token_digest(token: str) -> str:
    # Plain SHA-256: 256 random bits cannot be guessed, so a slow hash would only slow every request. What is not
    # valid text cannot be one of our tokens, and must not be an error either.
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def grant(database: StoreDatabase, user_id: int, site_id: int, role: str) -> None:
    """Give a user a role on a site in place of an earlier one; raises `RoleInvalid`, `UserUnknown`, `SiteUnknown`."""
    if role not in ROLES:
        raise RoleInvalid(f"there is no role {role!r}; there are {', '.join(ROLES)}")
    check_user(database, user_id)
    if not Site.select().where(Site.id == site_id).exists(database):
        raise SiteUnknown(f"there is no site {site_id}")
    target = database.conflict_target(SiteAccess.user_id, SiteAccess.site_id)
    insert = SiteAccess.insert(user_id=user_id, site_id=site_id, role=role)
    insert.on_conflict(update={SiteAccess.role: role}, **target).execute(database)


def read_accesses(database: StoreDatabase, user_id: int) -> list[Access]:
    query = SiteAccess.select(SiteAccess.site_id, SiteAccess.role).where(SiteAccess.user_id == user_id)
    return [Access(*row) for row in query.order_by(SiteAccess.site_id).tuples().execute(database)]


def check_user(database: StoreDatabase, user_id: int) -> None:
    if not UserAccount.select().where(UserAccount.id == user_id).exists(database):
        raise UserUnknown(f"there is no user {user_id}")
