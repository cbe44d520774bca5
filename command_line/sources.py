"""Where the defaults of a scenario's arguments come from, as the file ``sources.toml`` beside the scenario says."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import scenarios
from command_line.catalogue import Entry

NAME = "sources.toml"
_FORM = (
    '[defaults.OPTION] with lines "VALUE" = "source", and [choices] with lines "kind of choice" = ["OPTION", "OPTION"]'
)


@dataclass(frozen=True)
class Sources:
    """Sources of defaults.

    Parameters
    ----------
    defaults
        By argument, the source of each default; the default as the help of the command line writes it.
    choices
        By argument, what any default is that has no source of its own: a choice, and of what.
    """

    defaults: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    choices: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def beside(cls, entry: Entry) -> "Sources":
        """What the folder of the scenario holds; nothing where it holds no ``sources.toml``.

        Raises
        ------
        ValueError
            If the file cannot be read.
        """
        path = (Path(entry.source).parent if entry.source else Path(scenarios.__path__[0])) / NAME
        return cls.read(path) if path.is_file() else cls()

    @classmethod
    def read(cls, path: Path) -> "Sources":
        """Sources in the file `path`.

        Raises
        ------
        ValueError
            If it is no TOML or has another form.
        """
        try:
            found = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ValueError(f"{path} cannot be read: {error}") from error
        defaults, kinds = found.pop("defaults", {}), found.pop("choices", {})
        if found or not (_by_default(defaults) and _by_kind(kinds)):
            raise ValueError(f"{path} says where defaults come from; it needs {_FORM}")
        names = [name for members in kinds.values() for name in members]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"{path}: {', '.join(twice)} stands in [choices] twice")
        return cls(defaults, {name: kind for kind, members in kinds.items() for name in members})

    def of(self, name: str, default: str) -> str:
        """Source of the `default` of the argument `name`; "" where it is not stated."""
        return self.defaults.get(name, {}).get(default, "") or self.choices.get(name, "")


def _by_default(found: object) -> bool:
    return isinstance(found, dict) and all(
        isinstance(one, dict) and all(isinstance(words, str) for words in one.values()) for one in found.values()
    )


def _by_kind(found: object) -> bool:
    return isinstance(found, dict) and all(
        isinstance(one, list) and all(isinstance(name, str) for name in one) for one in found.values()
    )
