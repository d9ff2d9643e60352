"""The ledger: what the door wrote down, so that nobody can change it unnoticed."""

from kiosk.ledger.disk import LedgerError
from kiosk.ledger.ledger import Ledger
from kiosk.ledger.reader import LedgerReader, Row

__all__ = ["Ledger", "LedgerError", "LedgerReader", "Row"]
