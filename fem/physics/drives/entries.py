"""The single entries of a protocol: what each does when it is placed at a time, after another entry.

An entry knows its duration and shape, not its place. It is asked with `start`, the time [s] at which it begins, and
`before`, the value at which what precedes it ended.
"""

from dataclasses import dataclass
from math import floor, pi, sin

from fem.checks import require_finite, require_positive
from fem.physics.drives.drive import Piece, flat, line, wave


@dataclass(frozen=True)
class Hold:
    """`value` for `duration` [s]."""

    value: float
    duration: float
    word: str = "hold"

    def check(self, where: str) -> None:
        """Raise ValueError unless value and duration are finite and the duration is positive."""
        require_finite(self.value, f"{where}: value of a {self.word}")
        require_positive(self.duration, f"{where}: duration of a {self.word}", "s")

    def final(self, before: float) -> float:
        """The value."""
        return self.value

    def extremes(self, before: float) -> tuple[float, float]:
        """The value twice."""
        return self.value, self.value

    def piece(self, start: float, before: float) -> Piece:
        """Constant."""
        return flat(start, self.value)

    def describe(self, unit: str) -> str:
        """In words."""
        what = self.word if self.word == "rest" else f"{self.word} {self.value:g} {unit}"
        return f"{what} for {self.duration:g} s"


@dataclass(frozen=True)
class Ramp:
    """Straight line to `to` over `duration` [s], from `first` or else from the value before."""

    to: float
    duration: float
    first: float | None = None

    def check(self, where: str) -> None:
        """Raise ValueError unless values and duration are finite and the duration is positive."""
        for value in (self.to, 0.0 if self.first is None else self.first):
            require_finite(value, f"{where}: value of a ramp")
        require_positive(self.duration, f"{where}: duration of a ramp", "s")

    def final(self, before: float) -> float:
        """The value that it leads to."""
        return self.to

    def extremes(self, before: float) -> tuple[float, float]:
        """Its ends in order."""
        first = self._first(before)
        return min(first, self.to), max(first, self.to)

    def piece(self, start: float, before: float) -> Piece:
        """Linear."""
        first = self._first(before)
        return line(start, first, (self.to - first) / self.duration)

    def describe(self, unit: str) -> str:
        """In words."""
        origin = "" if self.first is None else f"from {self.first:g} {unit} "
        return f"ramp {origin}to {self.to:g} {unit} in {self.duration:g} s"

    def _first(self, before: float) -> float:
        return before if self.first is None else self.first


@dataclass(frozen=True)
class Sine:
    """``offset + amplitude sin(2 pi f (t - start))`` for `duration` [s]; `frequency` f in Hz."""

    amplitude: float
    frequency: float
    duration: float
    offset: float = 0.0

    def check(self, where: str) -> None:
        """Raise ValueError unless all numbers are finite, frequency and duration positive."""
        for value in (self.amplitude, self.offset):
            require_finite(value, f"{where}: value of a sine wave")
        require_positive(self.frequency, f"{where}: frequency of a sine wave", "Hz")
        require_positive(self.duration, f"{where}: duration of a sine wave", "s")

    def final(self, before: float) -> float:
        """Value at the end of its duration."""
        return self.offset + self.amplitude * sin(2 * pi * self.frequency * self.duration)

    def extremes(self, before: float) -> tuple[float, float]:
        """Crest and trough as far as it reaches them, else its ends."""
        cycles = self.frequency * self.duration
        reached = [self.offset, self.final(before)]
        reached += [self.offset + sign * self.amplitude for sign, at in ((1, 0.25), (-1, 0.75)) if cycles >= at]
        return min(reached), max(reached)

    def piece(self, start: float, before: float) -> Piece:
        """The whole wave, however many cycles it has."""
        return wave(start, self.amplitude, self.frequency, self.offset)

    @property
    def whole_cycles(self) -> int:
        """Number of whole cycles."""
        return floor(self.frequency * self.duration * (1 + 1e-12))

    def describe(self, unit: str) -> str:
        """In words."""
        wave = f"sine wave of {self.amplitude:g} {unit} at {self.frequency:g} Hz about {self.offset:g} {unit}"
        return f"{wave} for {self.duration:g} s"


Single = Hold | Ramp | Sine
