"""What the page of a comparison takes from its runs: their films, what they were given, whom they cite."""

from collections.abc import Mapping, Sequence
from typing import Any

from fem.comparison.compared import Compared
from fem.comparison.grouped import first_of_each
from fem.results.page_parts import picture
from fem.results.page_values import quantity, text
from fem.results.parameter_table import UNKNOWN, linked, parameters, references, source_of
from fem.results.run_facts import references as dois_in

_FILM = "microstructure.png"
_LARGEST, _MOST = 2**20, 4  # bytes of a picture, and pictures, that go into the page


def described(runs: Sequence[Compared]) -> str:
    """What each run is, in the first line of its scenario."""
    known = [(run.label, run.results.record.get("description")) for run in runs]
    return "".join(f"<p>{text(label)}: {text(words)}</p>" for label, words in known if words)


def films(runs: Sequence[Compared]) -> str:
    """Pictures of the films before the first time step, one of each kind."""
    shown = []
    for run in first_of_each(runs)[:_MOST]:
        path = run.results.directory / "figures" / _FILM
        if path.is_file() and not path.is_symlink() and path.stat().st_size <= _LARGEST:
            shown.append(
                picture(path, f"{run.group or run.label}: film, electrodes and mesh before the first time step")
            )
    if not shown:
        return ""
    return f"<details><summary>Films and meshes</summary>{''.join(shown)}</details>"


def given(runs: Sequence[Compared], study: Mapping[str, Any]) -> str:
    """Table of what a `study` was given, or else what each run was, with sources."""
    if study:
        return parameters(study)
    found = [_parameters(run) for run in runs]
    names = dict.fromkeys(name for one in found for name in one)
    head = "".join(f"<th>{text(run.label)}</th>" for run in runs)
    rows = [f"<tr><th></th>{head}<th>source</th></tr>"]
    for name in names:
        items = [one.get(name) for one in found]
        cells = "".join(f"<td>{_value(item)}</td>" for item in items)
        rows.append(f'<tr><th>{text(name.replace("_", " "))}</th>{cells}<td class="soft">{_sources(items)}</td></tr>')
    return f'<table class="runs">{"".join(rows)}</table>' if names else "<p>The runs tell none.</p>"


def cited(runs: Sequence[Compared], study: Mapping[str, Any]) -> str:
    """References of all runs and of the sources of a study, each once."""
    found = [str(doi) for run in runs for doi in _listed(run.results.record.get("references"))]
    stated = dois_in(*(source_of(item) for item in study.values()))
    return references(dict.fromkeys([*found, *stated]))


def _parameters(run: Compared) -> dict[str, Mapping[str, Any]]:
    known = run.part("parameters").items()
    return {name: item for name, item in known if isinstance(item, Mapping) and item.get("value") is not None}


def _value(item: Mapping[str, Any] | None) -> str:
    return "–" if item is None else text(quantity(item["value"], str(item.get("unit", ""))))


def _sources(items: Sequence[Mapping[str, Any] | None]) -> str:
    found = dict.fromkeys(source_of(item) for item in items if item is not None)
    stated = [words for words in found if words != UNKNOWN]
    return "; ".join(map(linked, stated or found))


def _listed(found: object) -> Sequence[object]:
    return found if isinstance(found, list) else ()
