"""``report.html``: one page about a run, in one file that needs no network and runs no scripts."""

import html
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any

from fem.constants import eV
from fem.pictures.drawing import in_time_units, length_unit
from fem.results.page_parts import badge, demands, inline, items, judged, picture, style
from fem.results.run_facts import SCALE_UNITS
from fem.storage.files import replace_file
from fem.storage.run_record import plain

_PAGE = Path(__file__).with_name("report_page.html")
_CAPTIONS = {
    "maps.png": "What is seen at four times, then ions and potential at the end. Lines are grain boundaries.",
    "microstructure.png": "The film before the first time step: grains and electrodes, the mesh where a grain boundary"
    " meets an electrode, the sizes of the grains. Boundaries are coloured where their activation energies differ.",
    "traces.png": "Against time: applied potential, electrode charge, current, photoluminescence. Currents that do not"
    " exceed their estimated error are not drawn.",
    "surface.png": "The surface under a probe or coating after each change of a drive, and what was measured on it.",
    "profiles.png": "Averages across the film, at several times.",
}
_UNITS = {  # of what the record says of film and mesh
    "smallest_edge": "m",
    "largest_edge": "m",
    "smallest_angle": "°",
    "grain_boundary_length": "m",
    "mean_diameter": "m",
    "area_weighted_mean_diameter": "m",
    "target_mean_diameter": "m",
    "orientation": "rad",
    "boundary_length_per_area": "1/m",
    "first_cells": "m",
}
_UNSET: tuple[object, ...] = (None, "None", [], {})
_NAMED_UNIT = re.compile(r"(.+) \[(.+)\]")
_SHORT = 16  # letters of a value that stays on one line
_LARGEST_MOVIE = 6 * 2**20  # bytes that may go into the page


def write_report(directory: Path, record: Mapping[str, Any]) -> None:
    """Write ``report.html`` from the record of the run (see ``run.json``) and the pictures in ``figures/``."""
    known: Any = plain(record)
    page = Template(_PAGE.read_text(encoding="utf-8")).substitute(
        style=style(),
        title=_text(known["scenario"]),
        description=_text(known["description"]),
        badges=_badges(known),
        summary=items(known["summary"]),
        warnings=_warnings(known["warnings"]),
        figures=_figures(directory / "figures"),
        checks=_checks(known["checks"]),
        criteria=demands(known["criteria"]),
        parameters=_parameters(known["parameters"]),
        scales=_table(
            {
                name: _quantity(known["scale_report"][name], unit)
                for name, unit in SCALE_UNITS.items()
                if name in known["scale_report"]
            }
        ),
        mesh=_table(_facts(known["mesh"] or {})),
        model=_table(_facts(known["model"] | {"start": known.get("start")})),
        solver=_table(known["solver"]),
        versions=_table(known["versions"]),
        references="".join(
            f'<li><a href="https://doi.org/{_text(d)}">doi:{_text(d)}</a></li>' for d in known["references"]
        ),
        footer=_text(f"Started {known['started']}, {known['wall_seconds']:.0f} s; all numbers are in run.json."),
    )
    replace_file(directory / "report.html", page.encode(), durable=False)


def _text(value: object) -> str:
    return html.escape(_text_of(value))


def _text_of(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {text}" for name, text in _facts(value).items())
    if isinstance(value, list):
        return "; ".join(map(_text_of, value))
    return str(value)


def _facts(facts: Mapping[str, Any]) -> dict[str, str]:
    """Those that are known, with units: the unit is part of the name or that of all facts of this name."""
    known = {name: value for name, value in facts.items() if value not in _UNSET}
    named = {name: _NAMED_UNIT.fullmatch(name) for name in known}
    return {
        match[1] if match else name.replace("_", " "): _quantity(
            known[name], match[2] if match else _UNITS.get(name, "1")
        )
        for name, match in named.items()
    }


def _quantity(value: object, unit: str) -> str:
    if isinstance(value, Mapping) and unit != "1":
        return ", ".join(f"{name}: {_quantity(item, unit)}" for name, item in value.items())
    if unit == "J" and isinstance(value, float):
        return f"{value / eV:.6g} eV"
    if unit == "m" and isinstance(value, float):
        factor, name = length_unit(abs(value))
        return f"{value / factor:.6g} {name}"
    written = "" if unit == "1" else unit.replace("^2", "²").replace("^3", "³")
    return f"{_text_of(value)} {written}".rstrip()


def _table(rows: Mapping[str, object]) -> str:
    body = (f"<tr><th>{_text(name.replace('_', ' '))}</th><td>{_text(value)}</td></tr>" for name, value in rows.items())
    return f"<table>{''.join(body)}</table>"


def _parameters(known: Mapping[str, Any]) -> str:
    """Value, unit and meaning of what the scenario was given."""
    rows = []
    for name, item in known.items():
        if item["value"] is not None:
            value = _text(_quantity(item["value"], item["unit"]))
            kind = "short" if len(value) <= _SHORT else "long"
            meaning = f'<td class="soft">{_text(item.get("meaning", ""))}</td>'
            rows.append(f'<tr><th>{_text(name.replace("_", " "))}</th><td class="{kind}">{value}</td>{meaning}</tr>')
    return f"<table>{''.join(rows)}</table>"


def _badges(record: Mapping[str, Any]) -> str:
    kept, warnings = record["conservation"]["verdict"], record["warnings"]
    badges = [badge(kept, "conserves ions" if kept == "pass" else "loses ions")]
    badges += [badge(item["verdict"], f"{item['id']} {item['verdict']}") for item in record["criteria"]]
    if failed := sum(item["verdict"] != "pass" for item in record["checks"]):
        badges.append(badge("fail", f"{failed} failed check" + "s" * (failed > 1)))
    if warnings:
        badges.append(badge("doubt", f"{len(warnings)} warning" + "s" * (len(warnings) > 1)))
    return "".join(badges)


def _warnings(warnings: Sequence[str]) -> str:
    return f'<section><h2>Warnings</h2><ul class="doubt">{items(warnings)}</ul></section>' if warnings else ""


def _checks(checks: Sequence[Mapping[str, Any]]) -> str:
    """What the run checked of itself."""
    rows = [
        (c["name"], c["place"], "–" if c["worst"] is None else f"{c['worst']:.2g}", f"{c['sense']} {c['limit']:g}",
         "" if c["time [s]"] is None else in_time_units(c["time [s]"]), c["verdict"])
        for c in checks
    ]  # fmt: skip
    return judged(("check", "where", "worst", "limit", "when"), rows)


def _figures(folder: Path) -> str:
    parts = []
    for name, caption in _CAPTIONS.items():
        path = folder / name
        if path.is_file():
            parts.append(picture(path, caption))
    parts.insert(1, _movie(folder))
    return "".join(parts) or "<p>None were drawn.</p>"


def _movie(folder: Path) -> str:
    for name, kind in (("film.mp4", "video/mp4"), ("film.gif", "image/gif")):
        path = folder / name
        if path.is_file() and path.stat().st_size <= _LARGEST_MOVIE:
            source = inline(path, kind)
            shown, caption = f'<img src="{source}" alt="The film in motion.">', "The run in motion."
            if kind == "video/mp4":
                shown = f'<video src="{source}" controls loop muted playsinline preload="metadata"></video>'
                caption = "The run in motion; the bar below it goes to any time."
            return f"<figure>{shown}<figcaption>{caption}</figcaption></figure>"
    return ""
