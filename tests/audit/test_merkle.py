"""Merkle trees against the reference values and against the RFC's own recursive definition."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.audit import merkle

# The test leaves and roots of the certificate-transparency reference implementation (RFC 6962).
LEAVES = [
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
]  # fmt: skip
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


def defined(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return merkle.node_hash(defined(leaves[:split]), defined(leaves[split:]))


def test_roots_are_those_of_the_reference() -> None:
    leaves = [merkle.leaf_hash(bytes.fromhex(leaf)) for leaf in LEAVES]
    assert [merkle.root_of(leaves[: n + 1]).hex() for n in range(len(leaves))] == ROOTS


@given(st.integers(0, 130))
def test_the_root_is_the_rfcs(size: int) -> None:
    leaves = [merkle.leaf_hash(str(i).encode()) for i in range(size)]
    assert merkle.root_of(leaves) == defined(leaves)


@given(st.data(), st.integers(1, 130))
def test_every_path_leads_to_the_root_and_no_other_leaf_follows_it(data: st.DataObject, size: int) -> None:
    leaves = [merkle.leaf_hash(str(i).encode()) for i in range(size)]
    index = data.draw(st.integers(0, size - 1))
    path = merkle.path_of(leaves, index)
    root = merkle.root_of(leaves)
    assert merkle.root_from_path(leaves[index], index, size, path) == root
    assert merkle.root_from_path(merkle.leaf_hash(b"another"), index, size, path) != root
    other = data.draw(st.integers(0, size - 1))
    if other != index:
        assert merkle.root_from_path(leaves[index], other, size, path) != root
    assert merkle.root_from_path(leaves[index], index, size, [*path, root]) is None


def test_there_is_no_path_to_a_leaf_that_is_not_there() -> None:
    with pytest.raises(IndexError):
        merkle.path_of([merkle.leaf_hash(b"one")], 1)
    assert merkle.root_from_path(merkle.leaf_hash(b"one"), 1, 1, []) is None


def test_a_leaf_cannot_pose_as_a_node() -> None:
    left, right = merkle.leaf_hash(b"a"), merkle.leaf_hash(b"b")
    assert merkle.leaf_hash(left + right) != merkle.node_hash(left, right)
