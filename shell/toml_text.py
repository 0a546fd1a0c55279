"""Writing TOML; the standard library only reads it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any


def to_toml(document: Mapping[str, Any]) -> str:
    """The document as TOML 1.0: values, then tables `[a.b]`, then arrays of tables `[[a.b]]`.

    Keys must be bare keys (letters, digits, `_`, `-`). Raises `TypeError` for what TOML cannot hold, such as None.
    """
    return "\n".join(lines_of(document, ())).lstrip("\n") + "\n"


def lines_of(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    # Plain values first: after the first `[table]` they would belong to that.
    for name, value in table.items():
        if not is_table(value) and not is_array_of_tables(value):
            yield f"{name} = {value_text(value)}"
    for name, value in table.items():
        inner = (*path, name)
        if is_table(value):
            yield from ("", f"[{'.'.join(inner)}]", *lines_of(value, inner))
        elif is_array_of_tables(value):
            for row in value:
                yield from ("", f"[[{'.'.join(inner)}]]", *lines_of(row, inner))


def value_text(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case str():
            # JSON's escapes are TOML's, but TOML wants DEL escaped too, and has no surrogate pairs.
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case list() | tuple():
            return f"[{', '.join(value_text(item) for item in value)}]"
    raise TypeError(f"TOML has no way to write {type(value).__name__}")


def is_table(value: Any) -> bool:
    return isinstance(value, Mapping)


def is_array_of_tables(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and bool(value) and all(isinstance(item, Mapping) for item in value)
