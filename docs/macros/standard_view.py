"""Standard view of a Grainfield run in ParaView: the map of what is seen, boundaries as lines, time in the corner.

In ParaView: Macros, Import new macro, this file; open ``fields.vtkhdf`` or ``fields.pvd``, press Apply, run the macro.
Without a window: ``pvpython standard_view.py fields.pvd picture.png [time in s]``.
"""

import sys
from typing import Any

from paraview import simple

SEEN = ("PL_ratio", "emission", "band_gap", "share", "electric_potential")  # the first that the run has is shown
COLOURS = {"PL_ratio": "Inferno (matplotlib)", "emission": "Inferno (matplotlib)"}
OTHERWISE = "Viridis (matplotlib)"
UNITS = {"PL_ratio": "1", "emission": "1/m^3/s", "band_gap": "eV", "share": "1", "electric_potential": "V"}


def shown_field(source: Any) -> str:
    """Name of the field to show."""
    held = source.PointData.keys()
    return str(next(name for name in (*SEEN, *held) if name in held))


def paint(source: Any, view: Any) -> None:
    """Colour `source` by what is seen, on one scale for all times."""
    name = shown_field(source)
    display = simple.Show(source, view)
    simple.ColorBy(display, ("POINTS", name))
    display.Ambient, display.Diffuse, display.Specular = 1.0, 0.0, 0.0  # colours as on the bar, without light on them
    display.RescaleTransferFunctionToDataRangeOverTime()
    colours = simple.GetColorTransferFunction(name)
    colours.ApplyPreset(COLOURS.get(name, OTHERWISE), True)
    bar = simple.GetScalarBar(colours, view)
    bar.Title, bar.ComponentTitle = f"{name} [{UNITS[name]}]" if name in UNITS else name, ""
    for ends in (bar.GetProperty("RangeLabelFormat"), bar.GetProperty("LabelFormat")):
        ends.SetElement(0, "{:.3g}" if "{" in ends.GetElement(0) else "%.3g")  # ParaView 6 writes formats anew
    bar.AutomaticLabelFormat = 0
    display.SetScalarBarVisibility(view, True)


def outline_boundaries(source: Any, view: Any) -> None:
    """Draw the block of the grain boundaries, where the file has one, in a grey seen on light and dark."""
    if "grain_boundaries" not in names_of_blocks(source):
        return
    lines = simple.ExtractBlock(Input=source, Selectors=["/Root/grain_boundaries"])
    simple.RenameSource("grain boundaries", lines)
    display = simple.Show(lines, view)
    display.Representation = "Wireframe"
    simple.ColorBy(display, None)
    display.AmbientColor = display.DiffuseColor = [0.48, 0.52, 0.56]
    display.Ambient, display.Diffuse, display.Opacity, display.LineWidth = 1.0, 0.0, 0.8, 1.5


def names_of_blocks(source: Any) -> list[str]:
    """Names of the blocks of a file; none for a file without blocks."""
    assembly = source.GetDataInformation().GetHierarchy()
    if assembly is None:
        return []
    return [assembly.GetNodeName(child) for child in assembly.GetChildNodes(assembly.GetRootNode())]


def arrange(view: Any) -> None:
    """Look straight down on the film, and say when."""
    view.CameraParallelProjection, view.InteractionMode, view.OrientationAxesVisibility = 1, "2D", 0
    simple.ResetCamera(view)
    when = simple.AnnotateTime(Format="t = {time:.3g} s")
    simple.Show(when, view)


def opened(path: str) -> Any:
    """The run in the file `path`."""
    reader = simple.PVDReader(FileName=path) if path.endswith(".pvd") else simple.OpenDataFile(path)
    reader.UpdatePipeline()
    return reader


def standard_view(source: Any) -> Any:
    """Show `source` in the active view, or in a new one, at its last time."""
    view = simple.GetActiveViewOrCreate("RenderView")
    simple.GetAnimationScene().UpdateAnimationUsingDataTimeSteps()
    simple.GetAnimationScene().GoToLast()
    paint(source, view)
    outline_boundaries(source, view)
    arrange(view)
    simple.Render(view)
    return view


if len(sys.argv) > 2:
    shown = standard_view(opened(sys.argv[1]))
    shown.ViewSize = [1200, 700]
    if len(sys.argv) > 3:
        simple.GetAnimationScene().AnimationTime = float(sys.argv[3])
    simple.ResetCamera(shown)
    simple.SaveScreenshot(sys.argv[2], shown)
elif (active := simple.GetActiveSource()) is not None:
    standard_view(active)
