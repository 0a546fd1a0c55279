"""Questions to the actors, with the types of their answers."""

from typing import Any, Literal, Protocol, overload

from ..actors.messages import (
    ActorReport,
    Counters,
    GetCounters,
    GetDevice,
    GetSite,
    ListActors,
    ListDevices,
    ListSites,
    ListTopics,
    SiteReport,
    Unknown,
)
from ..store.records import (
    ConnectionState,
    DataloggerRecord,
    DeviceRecord,
    DiscoveredTopicRecord,
    GatewayRecord,
    Kind,
    SensorRecord,
)


class Actors(Protocol):
    """What the web tier needs of a runtime; both raise `ActorsUnavailable`."""

    def ask(self, message: Any, timeout: float, /) -> Any: ...

    def tell(self, message: Any, /) -> None: ...


class Live:
    """The state of the moment. Every method raises `ActorsUnavailable` if no answer comes in `ask_timeout` seconds."""

    def __init__(self, actors: Actors, ask_timeout: float) -> None:
        self.actors = actors
        self.ask_timeout = ask_timeout

    def tell(self, command: object) -> None:
        """Give a command; what comes of it is seen in later answers."""
        self.actors.tell(command)

    def ask(self, question: object) -> Any:
        answer = self.actors.ask(question, self.ask_timeout)
        return None if isinstance(answer, Unknown) else answer

    def reports(self) -> tuple[SiteReport, ...]:
        """Return every site under supervision."""
        answer: tuple[SiteReport, ...] = self.ask(ListSites())
        return answer

    def report(self, site_id: int) -> SiteReport | None:
        """Return one site, None if it is not under supervision."""
        answer: SiteReport | None = self.ask(GetSite(site_id))
        return answer

    def state(self, site_id: int) -> ConnectionState:
        """Return how a site's connection is doing; disconnected, if it is not under supervision."""
        report = self.report(site_id)
        return report.state if report else ConnectionState(site_id)

    @overload
    def devices(self, kind: Literal[Kind.GATEWAY], site_id: int | None = None) -> tuple[GatewayRecord, ...]: ...

    @overload
    def devices(self, kind: Literal[Kind.DATALOGGER], site_id: int | None = None) -> tuple[DataloggerRecord, ...]: ...

    @overload
    def devices(
        self, kind: Literal[Kind.SENSOR], site_id: int | None = None, datalogger_id: int | None = None
    ) -> tuple[SensorRecord, ...]: ...

    def devices(self, kind: Kind, site_id: int | None = None, datalogger_id: int | None = None) -> Any:
        """Return every device of a kind, deleted ones included."""
        return self.ask(ListDevices(kind, site_id, datalogger_id))

    @overload
    def device(self, kind: Literal[Kind.GATEWAY], id: int) -> GatewayRecord | None: ...

    @overload
    def device(self, kind: Literal[Kind.DATALOGGER], id: int) -> DataloggerRecord | None: ...

    @overload
    def device(self, kind: Literal[Kind.SENSOR], id: int) -> SensorRecord | None: ...

    @overload
    def device(self, kind: Kind, id: int) -> DeviceRecord | None: ...

    def device(self, kind: Kind, id: int) -> Any:
        """Return one device, even a deleted one; None if there is none."""
        return self.ask(GetDevice(kind, id))

    def topics(self, site_id: int) -> tuple[DiscoveredTopicRecord, ...]:
        """Return the topics discovered on a site."""
        answer: tuple[DiscoveredTopicRecord, ...] | None = self.ask(ListTopics(site_id))
        return answer or ()

    def actor_tree(self, site_id: int | None = None) -> tuple[ActorReport, ...]:
        """Return every actor, or those of one site, each after its parent."""
        answer: tuple[ActorReport, ...] = self.ask(ListActors(site_id))
        return answer

    def counters(self) -> Counters:
        """Return what was counted since the start."""
        answer: Counters = self.ask(GetCounters())
        return answer
