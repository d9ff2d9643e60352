"""Node-RED as a door: MQTT in → map → one durable SQLite row → MQTT out. How it is installed, set up and started."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from bench.mqtt import free_port

NEEDS = "node"
PACKAGES = ("node-red@4.1.15", "node-red-node-sqlite@1.1.1")

DECIDE = """
const person = global.get('known').get(msg.payload);
msg.answer = person === undefined ? 'D' : 'U';
msg.params = {$at: Date.now(), $card: msg.payload, $person: person ?? null, $ok: person === undefined ? 0 : 1};
return msg;
"""
RECORD = "INSERT INTO record (at, card, person, ok) VALUES ($at, $card, $person, $ok)"
SETTINGS = """
const cards = require('./cards.json');
module.exports = {
  uiPort: %d, uiHost: '127.0.0.1', flowFile: 'flows.json', credentialSecret: false,
  logging: {console: {level: 'warn', metrics: false, audit: false}},
  functionGlobalContext: {known: new Map(cards.map((card, person) => [card, person]))},
};
"""


def programme(data: Path) -> Path:
    return data / "nodered" / "node_modules" / "node-red" / "red.js"


def installation(data: Path) -> list[list[str]]:
    return [["npm", "install", "--no-audit", "--no-fund", "--prefix", str(data / "nodered"), *PACKAGES]]


def announcements(name: str) -> list[tuple[str, str]]:  # noqa: ARG001 - it needs none
    return []


def prepare(data: Path, work: Path, port: int, name: str, cards: list[str]) -> list[str]:
    """Write the user folder in `work`; the command that starts it against the broker at `port`."""
    (work / "node_modules").symlink_to(data / "nodered" / "node_modules")
    (work / "package.json").write_text(json.dumps({"name": "door", "dependencies": {"node-red-node-sqlite": "*"}}))
    (work / "cards.json").write_text(json.dumps(cards))
    (work / "settings.js").write_text(SETTINGS % free_port())
    (work / "flows.json").write_text(json.dumps(_flow(work / "records.db", port, name)))
    with closing(sqlite3.connect(work / "records.db")) as db:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("CREATE TABLE record (seq INTEGER PRIMARY KEY, at INTEGER, card TEXT, person INTEGER, ok INTEGER)")
    return ["node", str(programme(data)), "-u", str(work), "-s", str(work / "settings.js")]


def _flow(records: Path, port: int, name: str) -> list[dict[str, Any]]:
    broker = {"id": "broker", "type": "mqtt-broker", "broker": "127.0.0.1", "port": str(port), "clientid": name}
    return [
        {"id": "door", "type": "tab", "label": "door"},
        broker | {"autoConnect": True, "protocolVersion": "4", "keepalive": "60", "cleansession": True},
        {"id": "records", "type": "sqlitedb", "db": str(records), "mode": "RWC"},
        _node("reader", "mqtt in", "decide", topic=f"{name}/card", qos="0", datatype="utf8", broker="broker", inputs=0),
        _node("decide", "function", "record", func=DECIDE, outputs=1),
        _node("record", "sqlite", "answer", mydb="records", sqlquery="prepared", sql=RECORD),
        _node("answer", "function", "lock", func="return {payload: msg.answer};", outputs=1),
        _node("lock", "mqtt out", None, topic=f"{name}/lock", qos="0", retain="false", broker="broker"),
    ]


def _node(identity: str, kind: str, then: str | None, **fields: object) -> dict[str, Any]:
    place = {"z": "door", "x": 1, "y": 1, "wires": [[then]] if then else []}
    return {"id": identity, "type": kind, "name": identity} | place | fields
