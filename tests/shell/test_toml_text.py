"""What is written as TOML is read back as it was."""

import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from sitewarden.shell.toml_text import to_toml

keys = st.from_regex(r"[A-Za-z0-9_-]{1,8}", fullmatch=True)
# No surrogates: neither UTF-8 nor TOML can hold them.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
scalars = st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | texts
values = scalars | st.lists(scalars, max_size=3)
documents = st.recursive(
    st.dictionaries(keys, values, max_size=4),
    lambda tables: st.dictionaries(keys, values | tables | st.lists(tables, min_size=1, max_size=3), max_size=4),
    max_leaves=8,
)


@given(documents)
def test_any_document_is_read_back_as_it_was_written(document: dict[str, Any]) -> None:
    assert tomllib.loads(to_toml(document)) == document


def test_a_fleet_looks_as_a_person_would_write_it() -> None:
    fleet = {
        "site": [
            {
                "code": "sito_001",
                "connection": {"broker_port": 1883, "topic": [{"topic_pattern": "sito_001/#", "qos_level": 1}]},
            }
        ]
    }
    assert (
        to_toml(fleet)
        == """\
[[site]]
code = "sito_001"

[site.connection]
broker_port = 1883

[[site.connection.topic]]
topic_pattern = "sito_001/#"
qos_level = 1
"""
    )
