"""Where a run stands, in full precision: all that is needed to continue it to the same numbers."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fem.fields import Array
from fem.numerics.adaptive import Cursor

_NUMBERS, _WAVELESS = 12, 10  # in a checkpoint, now and before steps remembered the wave of a drive
_OLD_NUMBERS = 7  # before times counted from the last break of a drive


@dataclass(frozen=True)
class Warmth:
    """Temperature of a film that heats itself, at the time of the cursor.

    Parameters
    ----------
    temperature
        Of the film [K].
    power
        Electrical power [W/m^2].
    solved_at
        Temperature [K] of the model that is being solved.
    due
        Time [s], counted from the cursor's origin, at which the model is made anew.
    slope
        Growth of the power with the temperature [W/(m^2 K)], as the last change of the model has shown it.
    profile
        Of the modes in which the substrate's heat decays, all but the first [K].
    """

    temperature: float
    power: float
    solved_at: float
    due: float
    slope: float = 0.0
    profile: tuple[float, ...] = ()


@dataclass(frozen=True)
class Restart:
    """All that is needed to continue a run exactly: the solver's cursor and the next output to write.

    `charge_error` sums the errors of the contacts' charges that the steps so far estimate [C/m], with their signs;
    `warmth` is that of a film that heats itself.
    """

    cursor: Cursor
    next_output: int
    charge_error: Array
    warmth: Warmth | None = None

    def as_arrays(self) -> dict[str, Array]:
        """Plain arrays, by name, for a checkpoint file."""
        c, w = self.cursor, self.warmth
        steps = [c.elapsed, c.step, c.previous_step, c.previous_error, float(c.implicit_left), c.opening]
        rejections, wave = [float(c.bound_rejections), float(c.error_rejections)], [c.wave_step, c.wave_seen]
        arrays = {
            "values": c.values,
            "numbers": np.array([*steps, float(self.next_output), c.origin, *rejections, *wave]),
            "charge_error": self.charge_error,
        }
        if w is not None:
            arrays["warmth"] = np.array([w.temperature, w.power, w.solved_at, w.due, w.slope, *w.profile])
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> "Restart":
        """Inverse of :meth:`as_arrays`.

        Raises
        ------
        ValueError
            If an array is missing, has the wrong shape or is not finite, or comes from an older version.
        """
        try:
            given = [np.asarray(arrays[name], dtype=float) for name in ("values", "numbers", "charge_error")]
        except KeyError as error:
            raise ValueError(f"the checkpoint lacks the array {error}") from error
        values, numbers, charge_error = given
        if numbers.shape == (_OLD_NUMBERS,):
            raise ValueError("the checkpoint was written by an older version, which counted its times otherwise")
        if numbers.shape == (_WAVELESS,):
            numbers = np.append(numbers, [0.0, 0.0])
        one_row = values.ndim == charge_error.ndim == 1 and numbers.shape == (_NUMBERS,)
        if not (one_row and all(np.isfinite(array).all() for array in given)):
            raise ValueError("the checkpoint holds malformed or non-finite numbers")
        elapsed, step, previous_step, previous_error, implicit_left, opening, next_output = numbers[:7].tolist()
        origin, rejections = float(numbers[7]), (int(count) for count in numbers[8:10])
        implicit, wave = int(implicit_left), numbers[10:].tolist()
        path = (previous_step, previous_error, implicit, opening, origin, *rejections, *wave)
        cursor = Cursor(elapsed, values, step, *path)
        return cls(cursor, int(next_output), charge_error, _warmth(arrays))


def _warmth(arrays: Mapping[str, Array]) -> Warmth | None:
    if "warmth" not in arrays:
        return None
    given = np.asarray(arrays["warmth"], dtype=float)
    shaped = given.ndim == 1 and len(given) >= 5
    if not shaped or not np.isfinite(np.delete(given, 3)).all() or np.isnan(given[3]):  # due may be never
        raise ValueError("the checkpoint holds a malformed temperature")
    temperature, power, solved_at, due, slope, *profile = given.tolist()
    return Warmth(temperature, power, solved_at, due, slope, tuple(profile))
