"""Node-RED and Home Assistant at the same work, where `make bench-peers` has installed them under `bench/data`.

Both hear a card as an MQTT message and answer with one, as they are used in the field, and know 1,000 cards. Node-RED
looks the card up in a map, inserts one row (SQLite, WAL, synchronous=FULL: its fastest durable way) and then publishes
the command. Home Assistant scans a tag, an automation asks a template whether it is known and unlocks an MQTT lock;
its recorder writes seconds later, so nothing is durable when its door opens. Both are kinder to the peer than
Doorward's own duties. Neither is needed: what is not installed is not measured.
"""

import shutil
import subprocess
import sys
import time
from pathlib import Path

from bench import home_assistant, node_red
from bench.cards import serial
from bench.mqtt import Client, free_port
from bench.yardsticks import GAP_S, patience

DATA = Path(__file__).parent / "data"
KNOWN = 1_000
START_WITHIN_S = 180.0
CALM_S = 5.0  # both go on starting things after their first answer
UNLOCK = b"U"
PEERS = {"nodered": node_red, "homeassistant": home_assistant}


class Broker:
    """Mosquitto on a free loopback port."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        settings = folder / "mosquitto.conf"
        settings.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n")
        self._child = subprocess.Popen([_mosquitto(), "-c", settings], stderr=subprocess.DEVNULL)
        time.sleep(1)

    def close(self) -> None:
        self._child.terminate()
        self._child.wait()


class Peer:
    """A contestant that hears `<name>/card` and answers on `<name>/lock`."""

    def __init__(self, name: str, data: Path, folder: Path, broker: Broker) -> None:
        self.name, self.known = name, KNOWN
        work = folder / name
        work.mkdir()
        cards = [_words(index) for index in range(KNOWN)]
        command = PEERS[name].prepare(data, work, broker.port, name, cards)
        self._client = Client(broker.port, f"bench-{name}")
        self._client.subscribe(f"{name}/lock")
        for topic, message in PEERS[name].announcements(name):
            self._client.publish(topic, message, retain=True)
        with (work / "log").open("wb") as log:
            self._child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._await_first_answer(work)

    def decide(self, index: int) -> int | None:
        began = time.perf_counter_ns()
        self._client.publish(f"{self.name}/card", _words(index))
        answer = self._client.next_message(patience(index))
        took = time.perf_counter_ns() - began
        return took if answer == UNLOCK else None

    def settle(self) -> None:
        time.sleep(GAP_S)

    def close(self) -> None:
        self._client.close()
        self._child.terminate()
        self._child.wait()

    def _await_first_answer(self, work: Path) -> None:
        until = time.monotonic() + START_WITHIN_S
        while time.monotonic() < until and self._child.poll() is None:
            self._client.publish(f"{self.name}/card", _words(0))
            if self._client.next_message(0.3):
                while self._client.next_message(CALM_S):
                    pass
                return
        self.close()
        raise RuntimeError(f"{self.name} gave no answer; its words are in {work / 'log'}.")


def installed(data: Path) -> list[str]:
    """The names of the peers that can be started here."""
    if not _mosquitto():
        return []
    return [name for name, peer in PEERS.items() if peer.programme(data).exists() and shutil.which(peer.NEEDS)]


def install(data: Path) -> None:
    """Fetch both peers, of the versions that were compared, into `data`. Raises CalledProcessError."""
    data.mkdir(exist_ok=True)
    for name, peer in PEERS.items():
        print(f"Installing {name} …", flush=True)
        for command in peer.installation(data):
            subprocess.run(command, check=True)
    if not _mosquitto():
        sys.exit("Both peers speak MQTT: install a broker as well (apt-get install mosquitto).")


def _mosquitto() -> str:
    return shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/opt/homebrew/sbin") or ""


def _words(index: int) -> str:
    return serial(index).hex().upper()


if __name__ == "__main__":
    install(DATA)
