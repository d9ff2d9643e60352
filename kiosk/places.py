"""Where a door keeps what is its own: the one page of file names below its data folder.

Neighbours run as users of their own and must come to the socket: the data folder lets everybody through (0711) to
`run/` and shows no name; keys and lists are behind folders of their owner's (0700), and every other file is 0600 or
public. Who may use the socket is `kiosk.link`'s to say.
"""

import stat
from pathlib import Path

from msgspec import Struct


class Places(Struct, frozen=True):
    data: Path

    @property
    def ledger(self) -> Path:
        return self.data / "ledger.db"

    @property
    def ledger_key(self) -> Path:
        """Signs the ledger's checkpoints; made on the device and never leaves it."""
        return self.data / "keys" / "ledger.key"

    @property
    def verifier_key(self) -> Path:
        """The public half, as a verifier-key string, for `doorward verify` and for whoever witnesses."""
        return self.data / "ledger.vkey"

    @property
    def card_key(self) -> Path:
        return self.data / "keys" / "card.key"

    @property
    def code_key(self) -> Path:
        return self.data / "keys" / "code.key"

    @property
    def lists(self) -> Path:
        """The access list and the note that puts it in force."""
        return self.data / "access"

    @property
    def issuer_key(self) -> Path:
        """Signs the lists of a door without a centre."""
        return self.data / "keys" / "issuer.key"

    @property
    def issuer(self) -> Path:
        """The verifier-key string of whoever issues this door's lists."""
        return self.lists / "issuer.vkey"

    @property
    def socket(self) -> Path:
        return self.data / "run" / "door.sock"

    def make(self) -> None:
        """The folders with their modes, whatever the umask and whoever made them before. Raises OSError."""
        modes = {self.data: 0o711, self.ledger_key.parent: 0o700, self.lists: 0o700, self.socket.parent: 0o755}
        for folder, mode in modes.items():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if stat.S_IMODE(folder.stat().st_mode) != mode:
                folder.chmod(mode)
