"""Where a door keeps what is its own: the one page of file names below its data folder."""

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
        return self.data / "door.sock"

    def make(self) -> None:
        """The folders, for their owner alone. Raises OSError."""
        for folder in (self.data, self.data / "keys", self.lists):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
