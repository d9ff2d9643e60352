"""The vectors are those of Certificate Transparency's reference implementation (merkle_tree_test, RFC 6962 trees)."""

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.rules import tree
from kiosk.rules.tree import Peaks

LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = {  # (seq, size): the path
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CONSISTENCY = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}


class Grown:
    """A tree kept the way the ledger keeps it: beside each leaf the nodes that it completes."""

    def __init__(self, leaves: list[bytes]) -> None:
        self.peaks, self.rows = Peaks(), []
        for leaf in leaves:
            self.peaks, stored = tree.extend(self.peaks, tree.leaf_hash(leaf))
            self.rows.append(stored)

    def node(self, level: int, index: int) -> bytes:
        row = self.rows[((index + 1) << level) - 1]
        return row[32 * level : 32 * level + 32]


def grown(size: int) -> Grown:
    return Grown([b"record %d" % seq for seq in range(size)])


def definition(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + definition(leaves[:k]) + definition(leaves[k:])).digest()


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_the_published_ones(size: int) -> None:
    assert tree.root(size, Grown(LEAVES).node).hex() == ROOTS[size - 1]


@pytest.mark.parametrize(("seq", "size"), INCLUSION)
def test_inclusion_proofs_are_the_published_ones(seq: int, size: int) -> None:
    assert [one.hex() for one in tree.inclusion(seq, size, Grown(LEAVES).node)] == INCLUSION[seq, size]


@pytest.mark.parametrize(("old", "new"), CONSISTENCY)
def test_consistency_proofs_are_the_published_ones(old: int, new: int) -> None:
    assert [one.hex() for one in tree.consistency(old, new, Grown(LEAVES).node)] == CONSISTENCY[old, new]


def test_the_root_of_nothing_is_the_hash_of_nothing() -> None:
    assert tree.root(0, grown(0).node) == tree.EMPTY == sha256(b"").digest()


@given(st.integers(0, 70))
@settings(max_examples=40, deadline=None)
def test_the_root_is_that_of_the_definition(size: int) -> None:
    leaves = [b"record %d" % seq for seq in range(size)]
    assert tree.root_of(Grown(leaves).peaks) == definition(leaves)


@given(st.integers(1, 70))
@settings(max_examples=40, deadline=None)
def test_peaks_read_back_are_the_peaks_grown(size: int) -> None:
    kept = grown(size)
    assert tree.peaks_at(size, kept.node) == kept.peaks


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_every_inclusion_proof_holds(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 70))
    seq = data.draw(st.integers(0, size - 1))
    kept = grown(size)
    proof = tree.inclusion(seq, size, kept.node)
    assert tree.includes(seq, size, kept.node(0, seq), proof, tree.root_of(kept.peaks))


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_no_inclusion_proof_holds_for_anything_else(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 40))
    seq = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size - 1).filter(lambda one: one != seq))
    kept = grown(size)
    proof = tree.inclusion(seq, size, kept.node)
    root = tree.root_of(kept.peaks)
    assert not tree.includes(seq, size, kept.node(0, other), proof, root)
    assert not tree.includes(other, size, kept.node(0, seq), proof, root)
    assert not tree.includes(seq, size, kept.node(0, seq), proof[:-1], root)
    assert not tree.includes(seq, size, kept.node(0, seq), [*proof, proof[0]], root)


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_every_consistency_proof_holds(data: st.DataObject) -> None:
    new = data.draw(st.integers(1, 70))
    old = data.draw(st.integers(1, new))
    kept = grown(new)
    proof = tree.consistency(old, new, kept.node)
    assert tree.extends(old, new, tree.root(old, kept.node), tree.root_of(kept.peaks), proof)


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_no_consistency_proof_holds_for_another_history(data: st.DataObject) -> None:
    new = data.draw(st.integers(2, 40))
    old = data.draw(st.integers(1, new - 1))
    changed = data.draw(st.integers(0, old - 1))
    kept = grown(new)
    other = Grown([b"another" if seq == changed else b"record %d" % seq for seq in range(new)])
    proof = tree.consistency(old, new, other.node)
    assert not tree.extends(old, new, tree.root(old, kept.node), tree.root_of(other.peaks), proof)


def test_every_tree_extends_the_empty_one_and_itself() -> None:
    kept = grown(5)
    root = tree.root_of(kept.peaks)
    assert tree.extends(0, 5, tree.EMPTY, root, [])
    assert tree.extends(5, 5, root, root, [])
    assert not tree.extends(0, 5, root, root, [])
    assert not tree.extends(5, 5, root, root, [root])


def test_a_tree_does_not_shrink() -> None:
    kept = grown(5)
    assert not tree.extends(5, 4, tree.root(5, kept.node), tree.root(4, kept.node), [])


@pytest.mark.parametrize("seq", [-1, 5, 6])
def test_a_record_that_is_not_there_has_no_proof(seq: int) -> None:
    with pytest.raises(ValueError, match="holds no record"):
        tree.inclusion(seq, 5, grown(5).node)


@pytest.mark.parametrize(("old", "new"), [(0, 5), (6, 5)])
def test_there_is_no_proof_from_nothing_or_from_the_future(old: int, new: int) -> None:
    with pytest.raises(ValueError, match="no consistency proof"):
        tree.consistency(old, new, grown(5).node)


def test_a_proof_reads_only_a_logarithm_of_nodes() -> None:
    kept, asked = grown(1000), []

    def node(level: int, index: int) -> bytes:
        asked.append((level, index))
        return kept.node(level, index)

    tree.inclusion(3, 1000, node)
    assert len(asked) < 20


def test_many_leaves_at_once_are_the_same_as_one_by_one() -> None:
    leaves = [tree.leaf_hash(b"%d" % seq) for seq in range(37)]
    peaks, one_by_one = Peaks(), []
    for leaf in leaves:
        peaks, stored = tree.extend(peaks, leaf)
        one_by_one.append(stored)
    assert tree.extend_all(Peaks(), leaves) == (peaks, one_by_one)


@pytest.mark.parametrize(("seq", "hashes"), [(0, 1), (1, 2), (2, 1), (3, 3), (7, 4), (1023, 11)])
def test_a_record_stands_beside_its_leaf_and_what_it_completes(seq: int, hashes: int) -> None:
    assert tree.completed(seq) == hashes
