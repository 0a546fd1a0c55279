"""Who is asking, and what they may see and do.

A superuser sees and does all. Anyone else sees the sites that they have access to, and acts on those where they are
`operator`. What one may not see answers as if it were not there.
"""

import hashlib
import http
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock

import falcon

from ..store.errors import StoreUnavailable
from ..store.records import UserRecord
from ..store.store import Store
from .errors import Forbidden, NotFound, Refusal

OPERATOR = "operator"

# Seconds. While the database is away live state goes on being served (row F4) to those it vouched for not longer ago.
REMEMBERED_FOR = 15 * 60
# Tokens. Far more than people and programs at one installation; each is some 300 bytes.
REMEMBERED_AT_MOST = 1_000


@dataclass(frozen=True, slots=True)
class Caller:
    """A user with the role that they have at each site, by the site's id."""

    user: UserRecord
    roles: Mapping[int, str]

    def sees(self, site_id: int) -> bool:
        return self.user.is_superuser or site_id in self.roles

    def operates(self, site_id: int) -> bool:
        return self.user.is_superuser or self.roles.get(site_id) == OPERATOR

    def must_see(self, site_id: int, what: str) -> None:
        """Raise `NotFound`, naming `what` was asked for, if the caller may not know of the site."""
        if not self.sees(site_id):
            raise NotFound(what)

    def must_operate(self, site_id: int, what: str) -> None:
        """Raise `NotFound` as `must_see` does, and `Forbidden` if the caller may only look."""
        self.must_see(site_id, what)
        if not self.operates(site_id):
            raise Forbidden(f"You may look at this site, but not change it; that takes the role {OPERATOR}.")


class Callers:
    """Finds the caller that a token stands for."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic) -> None:
        self.store = store
        self.clock = clock
        self.lock = Lock()
        self.remembered: OrderedDict[bytes, tuple[float, Caller]] = OrderedDict()

    def find(self, token: str) -> Caller | None:
        """Return who holds `token`, None if nobody does. Raises `StoreUnavailable`."""
        digest = hashlib.sha256(token.encode()).digest()
        try:
            caller = self.look_up(token)
        except StoreUnavailable:
            caller = self.recall(digest)
            if caller is None:
                raise
            return caller
        self.remember(digest, caller)
        return caller

    def look_up(self, token: str) -> Caller | None:
        user = self.store.user_of_token(token)
        if user is None:
            return None
        accesses = () if user.is_superuser else self.store.accesses(user.id)
        return Caller(user, {access.site_id: access.role for access in accesses})

    def remember(self, digest: bytes, caller: Caller | None) -> None:
        with self.lock:
            self.remembered.pop(digest, None)
            if caller is not None:
                self.remembered[digest] = (self.clock(), caller)
            if len(self.remembered) > REMEMBERED_AT_MOST:
                self.remembered.popitem(last=False)

    def recall(self, digest: bytes) -> Caller | None:
        with self.lock:
            at, caller = self.remembered.get(digest, (float("-inf"), None))
        return caller if self.clock() - at <= REMEMBERED_FOR else None


class Authentication:
    """Middleware: everything needs a token, but for the `public` paths (without trailing slash).

    Who sends a valid token there is known all the same, and may be told more.
    """

    def __init__(self, callers: Callers, public: frozenset[str]) -> None:
        self.callers = callers
        self.public = public

    def process_request(self, request: falcon.Request, _response: falcon.Response) -> None:
        if request.path not in self.public:
            request.context.caller = self.authenticate(request)
        elif request.get_header("Authorization"):
            with suppress(Refusal, StoreUnavailable):
                request.context.caller = self.authenticate(request)

    def authenticate(self, request: falcon.Request) -> Caller:
        scheme, _, token = (request.get_header("Authorization") or "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise unauthorized("Send a token: `Authorization: Bearer TOKEN`.", 'Bearer realm="sitewarden"')
        caller = self.callers.find(token.strip())
        if caller is None:
            # RFC 6750 section 3.1
            raise unauthorized("This token is not valid.", 'Bearer realm="sitewarden", error="invalid_token"')
        return caller


def unauthorized(message: str, challenge: str) -> Refusal:
    return Refusal(http.HTTPStatus.UNAUTHORIZED, message, headers={"WWW-Authenticate": challenge})


def caller_of(request: falcon.Request) -> Caller:
    """Return who is asking, on any path that is not public."""
    caller: Caller = request.context.caller
    return caller


def known_caller_of(request: falcon.Request) -> Caller | None:
    """Return who is asking on a public path, None if they did not say, or nobody can tell."""
    return request.context.get("caller")
