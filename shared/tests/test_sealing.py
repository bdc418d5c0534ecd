"""Sealed boxes open with their key, and with nothing else."""

from base64 import b64decode, b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.sealing import SealError, new_key_pair, open_sealed, seal


@given(st.binary(max_size=5000))
def test_a_box_opens_to_what_was_put_in(plaintext: bytes) -> None:
    private, public = new_key_pair()

    box = seal(public, plaintext)

    assert open_sealed(private, box) == plaintext


def test_the_same_plaintext_never_looks_the_same_twice() -> None:
    _, public = new_key_pair()

    assert seal(public, b"Nguyen") != seal(public, b"Nguyen")


def test_another_key_does_not_open_a_box() -> None:
    _, public = new_key_pair()
    stranger, _ = new_key_pair()
    box = seal(public, b"secret")

    with pytest.raises(SealError):
        open_sealed(stranger, box)


def test_a_box_with_any_byte_changed_does_not_open() -> None:
    private, public = new_key_pair()
    raw = b64decode(seal(public, b"secret"))

    for position in range(len(raw)):
        changed = bytearray(raw)
        # X25519 ignores the top bit of a point, so flip a low one.
        changed[position] ^= 1
        with pytest.raises(SealError):
            open_sealed(private, b64encode(bytes(changed)).decode())


@pytest.mark.parametrize("box", ["", "not base64!", "AQ==", b64encode(bytes(80)).decode()])
def test_what_is_no_box_is_refused_by_name(box: str) -> None:
    private, _ = new_key_pair()

    with pytest.raises(SealError):
        open_sealed(private, box)
