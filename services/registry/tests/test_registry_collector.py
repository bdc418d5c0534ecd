"""Python's collector of cycles rests while a roster takes effect, and never longer."""

import gc
from contextlib import ExitStack

import pytest

from registry import collector


def test_the_collector_rests_until_the_last_pause_that_stopped_it_is_over() -> None:
    with collector.paused():
        with collector.paused():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_pauses_that_overlap_leave_the_collector_at_work() -> None:
    first, second = ExitStack(), ExitStack()
    first.enter_context(collector.paused())
    second.enter_context(collector.paused())

    first.close()
    second.close()

    assert gc.isenabled()


def test_a_pause_that_fails_is_over() -> None:
    with pytest.raises(ZeroDivisionError), collector.paused():
        _ = 1 / 0

    assert gc.isenabled()
