"""A mosquitto that refuses subscriptions: its `acl_file` grants them all, and then withholds the messages."""

import json
from pathlib import Path

import pytest

PLUGIN = "mosquitto_dynamic_security.so"


def refusing_subscriptions(directory: Path, *but: str) -> list[str]:
    """Return the lines for a mosquitto.conf with which SUBACK refuses every filter, `but` for those named."""
    [*plugins] = Path("/usr/lib").glob(f"**/{PLUGIN}")
    if not plugins:
        pytest.skip(f"needs {PLUGIN}: install the Debian package mosquitto")
    security = {
        "defaultACLAccess": {
            "publishClientSend": True,
            "publishClientReceive": True,
            "subscribe": False,
            "unsubscribe": True,
        },
        "anonymousGroup": "everybody",
        "groups": [{"groupname": "everybody", "roles": [{"rolename": "reader"}]}],
        "roles": [
            {
                "rolename": "reader",
                "acls": [{"acltype": "subscribeLiteral", "topic": name, "priority": 0, "allow": True} for name in but],
            }
        ],
    }
    file = directory / "dynamic-security.json"
    file.write_text(json.dumps(security))
    return [f"plugin {plugins[0]}", f"plugin_opt_config_file {file}"]
