import logging
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from sitewarden.actors.parsing.observations import GatewayObservation
from sitewarden.actors.parsing.parser import Context, Parser, ParserInvalid, Segments
from sitewarden.actors.parsing.patterns import PatternInvalid
from sitewarden.actors.parsing.registry import ParserConflict, Registry, Route, SegmentInvalid


class Anything(BaseModel):
    pass


def observe(_payload: Anything, _segments: Segments, _context: Context) -> tuple[GatewayObservation]:
    return (GatewayObservation("gateway/1"),)


def parser(name: str, *patterns: str) -> Parser[Anything]:
    return Parser(name=name, patterns=patterns, model=Anything, observe=observe)


def install(folder: Path, name: str, source: str, entry: str) -> None:
    """Put a distribution into a folder, as pip would."""
    (folder / f"{name}.py").write_text(source)
    metadata = folder / f"{name}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[sitewarden.parsers]\n{entry}\n")


def test_a_topic_finds_its_parser_and_the_names_of_its_segments() -> None:
    heartbeat = parser("heartbeat", "datalogger/{type}/{instance}/heartbeat")
    route = Registry([heartbeat]).route("datalogger/adaq/12/heartbeat")
    assert route == Route(heartbeat, {"type": "adaq", "instance": "12"})


@pytest.mark.parametrize(
    "topic",
    ["", "datalogger", "datalogger/adaq/1", "datalogger/adaq/1/heartbeat/x", "datalogger/adaq/1/Heartbeat", "x" * 9999],
)
def test_a_topic_that_no_parser_claims_has_no_route(topic: str) -> None:
    assert Registry([parser("heartbeat", "datalogger/{type}/{instance}/heartbeat")]).route(topic) is None


def test_a_topic_of_very_many_levels_has_no_route() -> None:
    assert Registry([parser("one", "a/{instance}")]).route("a/" * 30_000) is None


@pytest.mark.parametrize("instance", ["01", "+1", " 1", "1_0", "١", "0", "10000", ""])
def test_an_instance_that_int_would_take_but_is_not_plain_is_told_as_invalid(instance: str) -> None:
    heartbeat = parser("heartbeat", "datalogger/{type}/{instance}/heartbeat")
    route = Registry([heartbeat]).route(f"datalogger/adaq/{instance}/heartbeat")
    assert route == SegmentInvalid(
        heartbeat, "topic segment instance: not a whole number from 1 to 9999, no leading zero"
    )


def test_a_text_goes_before_a_named_segment_and_gives_way_where_it_leads_nowhere() -> None:
    every = parser("every", "datalogger/{type}/status")
    all_of_them = parser("all_of_them", "datalogger/all/status", "datalogger/all/x/status")
    registry = Registry([every, all_of_them, parser("other", "datalogger/{type}/y/status")])
    assert registry.route("datalogger/all/status") == Route(all_of_them, {})
    assert registry.route("datalogger/adaq/status") == Route(every, {"type": "adaq"})
    route = registry.route("datalogger/all/y/status")
    assert isinstance(route, Route)
    assert route.parser.name == "other"


def test_two_parsers_of_the_same_topics_are_refused_by_name_whatever_they_call_the_segments() -> None:
    with pytest.raises(ParserConflict, match=r"one \(a/\{instance\}\) and two \(a/\{gateway:instance\}\)"):
        Registry([parser("one", "a/{instance}"), parser("two", "b", "a/{gateway:instance}")])


def test_a_refused_parser_leaves_nothing_behind() -> None:
    registry = Registry([parser("one", "a/{instance}")])
    with pytest.raises(ParserConflict):
        registry.add(parser("two", "b", "a/{instance}"))
    assert registry.route("b") is None
    assert list(registry.parsers) == ["one"]


def test_two_parsers_of_one_name_are_refused() -> None:
    with pytest.raises(ParserConflict, match="two parsers with the name one"):
        Registry([parser("one", "a"), parser("one", "b")])


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"name": "No Name"}, "small letters"),
        ({"patterns": ()}, "at least one topic pattern"),
        ({"patterns": "a/b"}, "at least one topic pattern"),
        ({"patterns": ("a/{room}",)}, "kind 'room'"),
        ({"model": dict}, r"pydantic\.BaseModel"),
    ],
)
def test_a_parser_that_is_put_together_wrongly_says_how(fields: dict[str, Any], complaint: str) -> None:
    right: dict[str, Any] = {"name": "one", "patterns": ("a",), "model": Anything, "observe": observe}
    with pytest.raises((ParserInvalid, PatternInvalid), match=complaint):
        Parser(**(right | fields))


def test_the_built_in_parsers_are_installed() -> None:
    assert {"datalogger_heartbeat", "gateway_heartbeat"} <= set(Registry.installed().parsers)


def test_a_parser_of_another_package_is_installed_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = """
from pydantic import BaseModel
from sitewarden.actors.parsing.observations import GatewayObservation
from sitewarden.actors.parsing.parser import Parser

class Weather(BaseModel):
    pass

PARSER = Parser("weather", ("weather/{serial}",), Weather, lambda *_: (GatewayObservation("gateway/1"),))
"""
    install(tmp_path, "sitewarden_weather", source, "weather = sitewarden_weather:PARSER")
    monkeypatch.syspath_prepend(tmp_path)
    route = Registry.installed().route("weather/W-1")
    assert isinstance(route, Route)
    assert route.parser.name == "weather"


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("raise RuntimeError('no licence')", "RuntimeError: no licence"),
        ("import sys; sys.exit('bye')", "SystemExit: bye"),
        ("import a_module_that_is_not_there", "ModuleNotFoundError"),
        ("PARSER = 42", "it names a int"),
        ("OTHER = 42", "AttributeError"),
        (
            "import dataclasses\nfrom sitewarden.actors.parsing.gateway_heartbeat import PARSER as OURS\n"
            "PARSER = dataclasses.replace(OURS, name='usurper')",
            "gateway_heartbeat (gateway/heartbeat) and usurper (gateway/heartbeat) claim the same topics",
        ),
    ],
)
def test_a_broken_parser_of_another_package_is_left_out_and_logged(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    source: str,
    complaint: str,
    request: pytest.FixtureRequest,
) -> None:
    module = f"aaa_broken_{abs(hash(request.node.name))}"  # before ours in the alphabet, and imported once only
    install(tmp_path, module, source, f"aaa_broken = {module}:PARSER")
    monkeypatch.syspath_prepend(tmp_path)
    with caplog.at_level(logging.ERROR):
        registry = Registry.installed()
    assert isinstance(registry.route("gateway/heartbeat"), Route)
    assert "usurper" not in registry.parsers
    (line,) = [record.getMessage() for record in caplog.records if module in record.getMessage()]
    assert complaint in line
