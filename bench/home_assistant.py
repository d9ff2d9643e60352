"""Home Assistant as a door: tag → automation → MQTT lock. How it is installed, set up and started.

Only what the work needs is switched on: no front end, no discovery, no analytics.
"""

import json
from pathlib import Path

from bench.mqtt import free_port

VERSION = "2024.3.3"  # the last for Python 3.11
NEEDS = "python3"
ITS_OWN = ("paho-mqtt", "SQLAlchemy", "fnv-hash-fast", "psutil-home-assistant", "janus", "aiohttp-cors", "ha-av",
           "aiohttp-fast-url-dispatcher", "aiohttp-zlib-ng", "home-assistant-frontend", "hass-nabucasa", "mutagen",
           "numpy", "Pillow")  # fmt: skip

CONFIGURATION = """
homeassistant: {{name: door, latitude: 0, longitude: 0, elevation: 0, unit_system: metric, time_zone: UTC, country: US}}
http: {{server_host: 127.0.0.1, server_port: {port}}}
logger: {{default: warning}}
recorder:
tag:
mqtt:
  lock:
    - {{name: door, unique_id: door, command_topic: {name}/lock, state_topic: {name}/state, payload_unlock: U}}
automation:
  - id: door
    alias: door
    mode: queued
    max: 100
    trigger: [{{platform: event, event_type: tag_scanned}}]
    condition: "{{% from 'cards.jinja' import known %}}{{{{ trigger.event.data.tag_id in known }}}}"
    action: [{{service: lock.unlock, target: {{entity_id: lock.door}}}}]
"""


def programme(data: Path) -> Path:
    return data / "venv-ha" / "bin" / "hass"


def installation(data: Path) -> list[list[str]]:
    venv = data / "venv-ha"
    pip = [str(venv / "bin" / "pip"), "install", "--quiet"]
    pins = venv / "lib" / "python3.11" / "site-packages" / "homeassistant" / "package_constraints.txt"
    return [
        ["python3.11", "-m", "venv", str(venv)],
        [*pip, f"homeassistant=={VERSION}"],
        [*pip, "--constraint", str(pins), *ITS_OWN],
    ]


def announcements(name: str) -> list[tuple[str, str]]:
    """A tag reader, as MQTT discovery makes one known."""
    device = {"identifiers": ["reader"], "name": "reader"}
    tag = {"topic": f"{name}/card", "value_template": "{{ value }}", "device": device}
    return [("homeassistant/tag/reader/config", json.dumps(tag))]


def prepare(data: Path, work: Path, port: int, name: str, cards: list[str]) -> list[str]:
    """Write the configuration in `work`; the command that starts it against the broker at `port`."""
    (work / "configuration.yaml").write_text(CONFIGURATION.format(port=free_port(), name=name))
    (work / "custom_templates").mkdir()
    known = json.dumps(dict.fromkeys(cards, 1))
    (work / "custom_templates" / "cards.jinja").write_text(f"{{% set known = {known} %}}")
    (work / ".storage").mkdir()
    (work / ".storage" / "core.config_entries").write_text(json.dumps(_mqtt_entry(port)))
    return [str(programme(data)), "--config", str(work), "--skip-pip"]


def _mqtt_entry(port: int) -> dict[str, object]:
    entry = {"entry_id": "0" * 32, "version": 1, "minor_version": 1, "domain": "mqtt", "title": "mqtt"}
    broker = {"broker": "127.0.0.1", "port": port, "discovery": True, "discovery_prefix": "homeassistant"}
    rest = {"options": {}, "pref_disable_new_entities": False, "pref_disable_polling": False, "source": "user"}
    entries = [{**entry, "data": broker, **rest, "unique_id": None, "disabled_by": None}]
    return {"version": 1, "minor_version": 1, "key": "core.config_entries", "data": {"entries": entries}}
