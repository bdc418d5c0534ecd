"""Small programs from their entries: two goods, one of them scarce."""

import numpy as np

from scheduling.planning import programs

FREE = np.inf


def sold(room: float, seconds: float = 5.0, whole: bool = False) -> programs.Answer:
    """Two goods that earn 3 and 2; of both at most `room`, of the first and a half of the second at most 3.5."""
    return programs.solve(
        cost=np.array([-3.0, -2.0]),
        upper=np.array([FREE, FREE]),
        rows=np.array([1, 0, 1, 0]),
        columns=np.array([1, 1, 0, 0]),
        values=np.array([0.5, 1.0, 1.0, 1.0]),
        least=np.array([-FREE, -FREE]),
        most=np.array([room, 3.5]),
        seconds=seconds,
        whole=whole,
    )


def test_amounts_cost_least_and_duals_say_what_one_more_would_save() -> None:
    answer = sold(room=4.0)

    assert answer.optimal
    np.testing.assert_allclose(answer.amounts, [3, 1])
    np.testing.assert_allclose(answer.duals, [1, 2])


def test_whole_amounts_are_whole() -> None:
    answer = sold(room=4.5, whole=True)

    assert answer.optimal
    np.testing.assert_allclose(answer.amounts, [3, 1])


def test_what_has_no_solution_is_not_called_one() -> None:
    answer = sold(room=-1.0)

    assert not answer.optimal
