"""Draw the measurements as SVG images."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from xml.etree import ElementTree as ET

from bench.goals import OURS, goals
from bench.measuring import CONTENDERS
from bench.samples import Measured, Part, Step

Point = tuple[float, float]

_WIDTH = 760
_LEFT = 170
_ROW = 22
_TITLE = 34
_BAR = 14
_OURS, _OTHERS, _INK, _LIMIT = "#1f6feb", "#9aa4b2", "#24292f", "#cf222e"
_KINDS = {"kms:Key": "#bf8700", "s3:Bucket": "#2da44e", "omics:SequenceStore": "#1f6feb"}

_PANELS = (
    (Part("aws", "stores", 20), "up"),
    (Part("aws", "stores", 100), "up"),
    (Part("aws", "stores", 100), "destroy"),
    (Part("aws", "stores", 100), "refresh"),
    (Part("zero", "stores", 300), "up"),
    (Part("zero", "stores", 300), "preview"),
)
"""What the picture shows, as far as it was measured."""


def bars(measured: Measured) -> str:
    """Draw the contenders: a bar is a median, a line its spread, a mark the goal."""
    panels = [
        (part, phase, [name for name in CONTENDERS["stores"] if measured.of(part, name, phase)])
        for part, phase in _PANELS
        if measured.of(part, OURS, phase)
    ]
    picture = _Picture(sum(_TITLE + _ROW * len(names) for _, _, names in panels) + _ROW)
    y = 0.0
    for part, phase, names in panels:
        picture.text((10, y + 22), f"{phase}: {part} (s)", weight="bold")
        y += _TITLE
        limit = _limit(measured, part, phase)
        spreads = {name: measured.spread(part, name, phase) for name in names}
        longest = max([*(spread[1] for spread in spreads.values() if spread), limit or 0.0])
        scale = (_WIDTH - _LEFT - 70) / longest
        if limit:
            x = _LEFT + limit * scale
            picture.line((x, y - 4), (x, y + _ROW * len(names)), stroke=_LIMIT, dashes="4 3")
        for name in names:
            median, spread = measured.median(part, name, phase), spreads[name]
            picture.text((_LEFT - 8, y + 12), name, anchor="end")
            if median is None or spread is None:
                picture.text((_LEFT, y + 12), "gave up")
            else:
                picture.box(_LEFT, y, median * scale, fill=_OURS if name == OURS else _OTHERS)
                ends = [(_LEFT + seconds * scale, y + _BAR / 2) for seconds in spread]
                picture.line(ends[0], ends[1], stroke=_INK)
                picture.text((ends[1][0] + 6, y + 12), f"{median:.1f}")
            y += _ROW
    return picture.written()


def timeline(steps: Sequence[Step]) -> str:
    """Draw a timeline: a row for each component, a bar for each of its resources."""
    ordered = sorted(steps, key=lambda step: (_component(step), step.from_s))
    rows = [(name, list(own)) for name, own in groupby(ordered, key=_component)]
    longest = max(step.to_s for step in steps)
    scale = (_WIDTH - _LEFT - 40) / longest
    picture = _Picture(_TITLE + _ROW * (len(rows) + 2))
    for place, (kind, colour) in enumerate(_KINDS.items()):
        picture.box(_LEFT + 180 * place, 8, 14, fill=colour)
        picture.text((_LEFT + 180 * place + 20, 20), kind)
    y = float(_TITLE)
    for name, own in rows:
        picture.text((_LEFT - 8, y + 12), name, anchor="end")
        for step in own:
            colour = _KINDS.get(step.kind.partition("/")[2], _OTHERS)
            width = max(1.0, (step.to_s - step.from_s) * scale)
            picture.box(_LEFT + step.from_s * scale, y, width, fill=colour, opacity=0.75)
        y += _ROW
    for second in range(0, int(longest) + 1, 5):
        picture.text((_LEFT + second * scale, y + 14), f"{second} s", anchor="middle")
    return picture.written()


def _component(step: Step) -> str:
    return step.resource.rpartition("-")[0]


def _limit(measured: Measured, part: Part, phase: str) -> float | None:
    """Return the goal's limit in seconds, if there is one for this phase."""
    for goal in goals(measured):
        if goal.what == f"{part}: {phase} against the limit":
            return goal.limit
        if goal.what == f"{part}: {phase}":
            ours = measured.median(part, OURS, phase)
            return ours and ours / goal.value * goal.limit
    return None


class _Picture:
    """An SVG picture on white ground."""

    def __init__(self, height: float) -> None:
        shape = {"viewBox": f"0 0 {_WIDTH} {height:g}", "xmlns": "http://www.w3.org/2000/svg"}
        font = {"font-family": "sans-serif", "font-size": "12"}
        self._svg = ET.Element("svg", {**shape, **font})
        self._add("rect", width="100%", height="100%", fill="white")

    def box(self, x: float, y: float, width: float, *, fill: str, opacity: float = 1) -> None:
        """Draw a bar."""
        style = {"fill": fill, "fill-opacity": f"{opacity:g}"}
        self._add("rect", x=x, y=y, width=width, height=_BAR, **style)

    def line(self, start: Point, end: Point, *, stroke: str, dashes: str = "") -> None:
        """Draw a line."""
        ends = {"x1": start[0], "y1": start[1], "x2": end[0], "y2": end[1]}
        self._add("line", stroke=stroke, **ends, **{"stroke-dasharray": dashes})

    def text(self, at: Point, text: str, *, anchor: str = "start", weight: str = "normal") -> None:
        """Write a text."""
        style = {"text-anchor": anchor, "font-weight": weight}
        self._add("text", x=at[0], y=at[1], fill=_INK, **style).text = text

    def written(self) -> str:
        """Return the picture as a file's text."""
        ET.indent(self._svg)
        return ET.tostring(self._svg, encoding="unicode") + "\n"

    def _add(self, tag: str, **attributes: str | float) -> ET.Element:
        texts = {
            name: value if isinstance(value, str) else f"{value:.1f}"
            for name, value in attributes.items()
        }
        return ET.SubElement(self._svg, tag, texts)
