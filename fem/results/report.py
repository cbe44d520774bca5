"""``report.html``: one page about a run, in one file that needs no network; its one script moves the time slider."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any

from fem.pictures.drawing import in_time_units
from fem.pictures.time_frames import frames_in
from fem.results.page_parts import badge, demands, inline, items, judged, picture, style, verdicts
from fem.results.page_values import facts, table, text
from fem.results.parameter_table import parameters, references, story
from fem.results.scale_table import scales
from fem.results.time_slider import policy, script, slider
from fem.storage.files import replace_file
from fem.storage.run_record import plain
from fem.storage.timeseries import read_timeseries

_PAGE = Path(__file__).with_name("report_page.html")
_CAPTIONS = {
    "maps.png": "What is seen at four times, then ions and potential at the end. PL / PL₀ is the photoluminescence over"
    " that at the start. Thin lines are grain boundaries.",
    "microstructure.png": "The film before the first time step: grains and electrodes, the mesh where a grain boundary"
    " meets an electrode, the sizes of the grains. Boundaries are coloured where their activation energies differ.",
    "traces.png": "Against time: applied potential, electrode charge, current, photoluminescence. Currents that do not"
    " exceed their estimated error are not drawn.",
    "surface.png": "The surface under a probe or coating after each change of a drive, and what was measured on it.",
    "profiles.png": "Averages across the film, at several times.",
}
_MESH_WORDS = (
    (("grains", "grains mean diameter"), "{grains} grains with a mean diameter of {grains_mean_diameter}"),
    (("nodes", "triangles"), "{nodes} nodes and {triangles} triangles"),
    (("smallest edge", "largest edge"), "edges from {smallest_edge} to {largest_edge}"),
    (("smallest angle",), "no angle below {smallest_angle}"),
)
_LARGEST_MOVIE = 6 * 2**20  # bytes that may go into the page


def write_report(directory: Path, record: Mapping[str, Any]) -> None:
    """Write ``report.html`` from the record of the run (see ``run.json``) and the pictures in ``figures/``."""
    known: Any = plain(record)
    figures = _figures(directory)
    page = Template(_PAGE.read_text(encoding="utf-8")).substitute(
        policy=policy(figures),
        style=style(),
        title=text(known["scenario"]),
        description=text(known["description"]),
        story=story(known.get("doc") or ""),
        badges=_badges(known),
        summary=items(known["summary"]),
        warnings=_warnings(known["warnings"]),
        figures=figures,
        script=script(figures),
        checks=_checks(known["checks"]),
        criteria=demands(known["criteria"]),
        study=_study(known["scenario"]),
        parameters=parameters(known["parameters"]),
        scales=scales(known["scale_report"]),
        grown=text(_film_and_mesh(known["mesh"] or {})),
        mesh=table(facts(known["mesh"] or {})),
        model=table(facts(known["model"] | {"start": known.get("start")})),
        solver=table(known["solver"]),
        versions=table(known["versions"]),
        references=references(known["references"]),
        footer=text(f"Started {known['started']}, {known['wall_seconds']:.0f} s; all numbers are in run.json."),
    )
    replace_file(directory / "report.html", page.encode(), durable=False)


def _film_and_mesh(known: Mapping[str, Any]) -> str:
    """In a sentence what the film consists of and how it is meshed, as far as the record says."""
    told = facts(known)
    grains = {f"grains {name}": value for name, value in facts(known.get("grain_statistics") or {}).items()}
    if told.get("grains") == "1":
        grains = {}
    parts = [
        words.format(**{name.replace(" ", "_"): value for name, value in (told | grains).items()})
        for needed, words in _MESH_WORDS
        if all(name in told | grains for name in needed)
    ]
    return "; ".join(parts) + "." * bool(parts)


def _study(scenario: str) -> str:
    """Where the other parameters of a run are that belongs to a study."""
    if "/" not in scenario:
        return ""
    return (
        '<p>What all runs of its study have in common stands <a href="../report.html">on the page of the study</a>.</p>'
    )


def _badges(record: Mapping[str, Any]) -> str:
    kept, warnings, checks = record["conservation"]["verdict"], record["warnings"], record["checks"]
    failed = sum(item["verdict"] != "pass" for item in checks)
    badges = [badge(kept, "conserves ions" if kept == "pass" else "loses ions")]
    if failed:
        badges.append(badge("fail", f"{failed} failed check" + "s" * (failed > 1)))
    elif checks:
        badges.append(badge("pass", f"{len(checks)} checks passed"))
    badges += verdicts(record["criteria"])
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


def _figures(directory: Path) -> str:
    folder = directory / "figures"
    parts = [picture(folder / name, caption) for name, caption in _CAPTIONS.items() if (folder / name).is_file()]
    parts.insert(1, _times(directory) + _movie(folder))
    return "".join(parts) or "<p>None were drawn.</p>"


def _times(directory: Path) -> str:
    """The maps under a slider."""
    found = frames_in(directory / "figures")
    if not found:
        return ""
    times = read_timeseries(directory / "timeseries.csv")["time [s]"]
    shown = [(f"t = {in_time_units(times[k])}", path) for k, path in found.items() if k < len(times)]
    return slider(shown, "The film at the times of its outputs, one colour scale for all.")


def _movie(folder: Path) -> str:
    for name, kind in (("film.mp4", "video/mp4"), ("film.gif", "image/gif")):
        path = folder / name
        if path.is_file() and path.stat().st_size <= _LARGEST_MOVIE:
            source = inline(path, kind)
            shown = f'<img src="{source}" alt="The film in motion.">'
            if kind == "video/mp4":
                shown = f'<video src="{source}" controls loop muted playsinline preload="metadata"></video>'
            return f'<details class="film" open><summary>The run in motion</summary><figure>{shown}</figure></details>'
    return ""
