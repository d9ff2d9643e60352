"""Is this ledger what its door signed? From the file and public keys alone; nothing is trusted, nothing is written.

What is checked: every record that has its body says that it is in its place, of its door, not before the one that it
follows; every leaf and every node of the tree is the hash of what it stands for; every checkpoint kept is signed over
exactly that tree; the door's memory has the digest signed; bodies are missing only where a checkpoint says that
retention may erase them; the triggers are there. How a record is written is judged only where something else is wrong:
bytes that the door signed are what it signed, and whoever reads one (`kiosk.rules.record.parse`) judges that too.

What no file can show by itself: that a whole tail was cut off together with the checkpoints over it, or that somebody
who holds the door's key wrote another history. Both show against what a witness keeps: pass its last note as
`witnessed`. A change to anything that was signed always shows here, to someone without the key.

A million records take seconds because the tree comes apart: workers check ranges of 2^k records, each a whole
subtree, and only the few nodes above those are left to check here.
"""

import argparse
import gc
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from typing import TypeAlias

from kiosk.ledger.bundle import check_bundle
from kiosk.ledger.disk import MOST_UNSIGNED, TRIGGERS, LedgerError, log_has_begun
from kiosk.ledger.ranges import Checked, Fault, Range, check_range
from kiosk.ledger.reader import LedgerReader
from kiosk.notes import check
from kiosk.rules import tree
from kiosk.rules.checkpoint import Checkpoint, NoteError, VerifierKey, parse_verifier_key, parse_verifier_keys

__all__ = ["Fault", "verify"]

Progress: TypeAlias = Callable[[int, int], None]

RANGE_LEVEL = 14
RANGE = 1 << RANGE_LEVEL
MOST_FAULTS = 1000


def verify(
    path: Path,
    keys: Sequence[str] | Path,
    progress: Progress | None = None,
    workers: int = 2,
    witnessed: bytes | None = None,
) -> list[Fault]:
    """Everything wrong with the ledger or exported bundle at `path`; [] when it is sound. At most 1,000 faults.

    `keys` are verifier-key strings, or a file of them; `progress` is told (records done, records in all).
    `witnessed` is a note that a witness kept: the ledger must begin with exactly that.
    Raises LedgerError when the file cannot be read at all, NoteError for a key that is none.
    """
    trusted = _read_keys(keys)
    report = progress or _say_nothing
    if _is_bundle(path):
        return check_bundle(path, trusted, report)
    still = not log_has_begun(path)
    with LedgerReader.open(path, still=still) as reader:
        try:
            done = list(_check_ranges(reader, still, report, workers))
            faults = [fault for checked in done for fault in checked.faults]
            faults += _check_seams(done) + _check_upper_nodes(reader, done)
            with reader.moment():
                faults += _check_signed(reader, trusted, done)
                faults += _check_witnessed(reader, trusted, witnessed)
        except LedgerError as error:
            return [Fault("the file", str(error))]
    return faults[:MOST_FAULTS]


def _check_ranges(reader: LedgerReader, still: bool, report: Progress, workers: int) -> Iterator[Checked]:  # noqa: FBT001
    door, size = reader.door, reader.size
    starts = range(0, size, RANGE)
    ranges = [Range(str(reader.path), still, door, start, min(start + RANGE, size)) for start in starts]
    report(0, size)
    if workers < 2 or len(ranges) <= workers:  # it would be done before a second process is up
        for one in ranges:
            yield check_range(one)
            report(one.end, size)
        return
    # Spawned: SQLite's connections do not outlive a fork. What a worker makes has no cycles to look for.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=gc.disable) as pool:
        for one, checked in zip(ranges, pool.map(check_range, ranges), strict=True):
            yield checked
            report(one.end, size)


def _check_seams(done: Sequence[Checked]) -> list[Fault]:
    """Time must not run backwards between ranges either."""
    faults, last = [], (0, 0)
    for checked in done:
        if checked.first is not None and checked.first < last:
            faults.append(Fault(f"record {checked.start}", "it lies before the record that it follows"))
        last = checked.last or last
    return faults


def _check_upper_nodes(reader: LedgerReader, done: Sequence[Checked]) -> list[Fault]:
    """The nodes above whole ranges, each against the two below it."""
    faults = []
    nodes = [checked.peaks[0] for checked in done if checked.count == RANGE and len(checked.peaks) == 1]
    for level in range(RANGE_LEVEL + 1, 64):
        nodes = [tree.node_hash(*pair) for pair in zip(nodes[::2], nodes[1::2], strict=False)]
        if not nodes:
            break
        for index, node in enumerate(nodes):
            if not _is_stored(reader, level, index, node):
                last = ((index + 1) << level) - 1
                faults.append(Fault(f"record {last}", f"the tree's node {level} stored beside it is not its hash"))
    return faults


def _is_stored(reader: LedgerReader, level: int, index: int, node: bytes) -> bool:
    try:
        return reader.node(level, index) == node
    except LedgerError:
        return False


def _check_signed(reader: LedgerReader, keys: Sequence[VerifierKey], done: Sequence[Checked]) -> list[Fault]:
    faults, newest = [], None
    for claimed, note in reader.notes():
        newest, what = _check_note(reader, keys, claimed, note)
        if what:
            faults.append(Fault(f"the checkpoint at {claimed}", what))
    if newest is not None:
        faults += _check_newest(reader, newest, done)
    elif not faults:
        faults.append(Fault("the checkpoints", "there is none, and every ledger has one"))
    missing = sorted(TRIGGERS - reader.triggers())
    if missing:
        faults.append(Fault("the tables", f"what keeps records from being changed is gone or altered: {missing}"))
    return faults


def _check_note(
    reader: LedgerReader, keys: Sequence[VerifierKey], claimed: int, note: bytes
) -> tuple[Checkpoint | None, str]:
    try:
        checkpoint = check(note, keys)
    except NoteError as error:
        return None, str(error)
    if (checkpoint.origin, checkpoint.size) != (reader.origin, claimed):
        return None, f"it is one of {checkpoint.origin} at {checkpoint.size}"
    return checkpoint, _compare(reader, checkpoint)


def _compare(reader: LedgerReader, checkpoint: Checkpoint) -> str:
    """What speaks against the ledger's beginning with this checkpoint."""
    size = reader.size
    if checkpoint.size > size:
        return f"{checkpoint.size} records were signed, and only {size} are there: the tail was cut"
    try:
        root = reader.root(checkpoint.size)
    except LedgerError as error:
        return str(error)
    return "" if root == checkpoint.root else f"the first {checkpoint.size} records are not those that were signed"


def _check_newest(reader: LedgerReader, newest: Checkpoint, done: Sequence[Checked]) -> list[Fault]:
    faults = []
    state = reader.state()
    if newest.extension("state") != ((str(state[0]), sha256(state[1]).hexdigest()) if state else None):
        faults.append(Fault("the door's memory", "it is not the one that the newest checkpoint was signed with"))
    before = str(reader.retention()[0])
    if (newest.extension("erased") or ("0",)) != (before,):
        faults.append(Fault("retention", f"records before {before} may be erased, and that is not what was signed"))
    erased = max((checked.erased for checked in done if checked.erased is not None), default=-1)
    if erased >= int(before):
        faults.append(Fault(f"record {erased}", "its body was erased, and no checkpoint says that it may be"))
    unsigned = reader.size - newest.size
    if unsigned > MOST_UNSIGNED:
        faults.append(Fault(f"record {newest.size}", f"{unsigned} records from here on were never signed"))
    return faults


def _check_witnessed(reader: LedgerReader, keys: Sequence[VerifierKey], note: bytes | None) -> list[Fault]:
    if note is None:
        return []
    try:
        checkpoint = check(note, keys)
    except NoteError as error:
        return [Fault("the witness's note", str(error))]
    if checkpoint.origin != reader.origin:
        return [Fault("the witness's note", f"it is one of {checkpoint.origin}")]
    what = _compare(reader, checkpoint)
    return [Fault(f"the witness's note at {checkpoint.size}", what)] if what else []


def _read_keys(keys: Sequence[str] | Path) -> list[VerifierKey]:
    if isinstance(keys, Path):
        return parse_verifier_keys(keys.read_text(encoding="utf-8"))
    return [parse_verifier_key(key) for key in keys]


def _is_bundle(path: Path) -> bool:
    if path.suffix == ".db":  # opened by SQLite alone: closing it here would drop this process's locks on it
        return False
    try:
        with path.open("rb") as file:
            return file.read(1) == b"{"
    except OSError as error:
        raise LedgerError(f"{path} cannot be read: {error.strerror}.") from error


def _say_nothing(_done: int, _total: int) -> None:
    pass


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m kiosk.ledger.verify PATH --key KEY`: faults on standard output; 0 sound, 1 not, 2 unreadable."""
    parser = argparse.ArgumentParser(prog="python -m kiosk.ledger.verify")
    parser.add_argument("path", type=Path)
    parser.add_argument("--key", action="append", required=True, help="a verifier key, or a file of them")
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args(arguments)
    try:
        keys = [str(key) for one in given.key for key in _read_keys(Path(one) if Path(one).exists() else [one])]
        faults = verify(given.path, keys, workers=given.workers)
    except (LedgerError, NoteError, OSError, UnicodeError) as error:
        sys.stdout.write(f"{error}\n")
        return 2
    sys.stdout.writelines(f"{fault.place}: {fault.what}\n" for fault in faults)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
