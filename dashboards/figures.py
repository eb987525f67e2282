"""From an evaluation to a figure: Making Data Count colours, a shape for each meaning, nothing fetched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import plotly.graph_objects as go

from hcqic_gov.kpi.spc import Evaluation, Limits, Variation

INK = "#212b32"
LINE = "#768692"
TARGET = "#b3282b"


@dataclass(frozen=True, slots=True)
class Marker:
    """How one kind of point is drawn: never by colour alone."""

    word: str
    symbol: str
    colour: str


MARKERS: Mapping[Variation, Marker] = {
    Variation.COMMON_CAUSE: Marker("Common cause", "circle", "#a6a6a6"),
    Variation.IMPROVEMENT: Marker("Special cause: improvement", "diamond", "#00b0f0"),
    Variation.CONCERN: Marker("Special cause: concern", "square", "#e46c0a"),
    Variation.NEUTRAL_HIGH: Marker("Special cause: high", "triangle-up", "#490092"),
    Variation.NEUTRAL_LOW: Marker("Special cause: low", "triangle-down", "#490092"),
    Variation.NOT_JUDGED: Marker("Not judged", "circle-open", "#4c6272"),
}


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody wrote about a point."""

    day: date
    text: str


def spc_chart(
    evaluation: Evaluation,
    *,
    unit: str,
    targets: Sequence[float | None] = (),
    ahead: Sequence[tuple[date, float]] = (),
    notes: Sequence[Note] = (),
) -> go.Figure:
    """The XmR chart: values, mean, limits, near limits, the target of each period, and notes.

    `targets` holds one target for each point, or nothing; a change of target is a step of its line, and `ahead` are
    the targets of later periods.
    """
    figure = go.Figure(layout=layout(unit))
    if not evaluation.days:
        return figure
    for group, days in zip(evaluation.groups, group_days(evaluation), strict=True):
        if not group.unjudged:
            figure.add_traces(group_lines(group, days, told={trace.name for trace in figure.data}))
    if any(target is not None for target in targets):
        reach = [*evaluation.days, *(day for day, _ in ahead)]
        figure.add_trace(target_line(reach, [*targets, *(target for _, target in ahead)]))
    figure.add_traces(value_traces(evaluation))
    for number, note in enumerate(notes, start=1):
        figure.add_annotation(note_mark(evaluation, note, number))
    return figure


def layout(unit: str) -> go.Layout:
    return go.Layout(
        template="none",
        font={"family": "Arial, sans-serif", "size": 14, "color": INK},
        margin={"l": 70, "r": 20, "t": 20, "b": 50},
        height=420,
        xaxis={"type": "date", "gridcolor": "#f0f4f5", "linecolor": LINE},
        yaxis={"title": {"text": unit}, "gridcolor": "#f0f4f5", "zeroline": False, "separatethousands": True},
        legend={"orientation": "h", "y": -0.18},
        hovermode="closest",
    )


def group_days(evaluation: Evaluation) -> list[tuple[date, ...]]:
    """The days of each rebase group."""
    ends = np.cumsum([group.points for group in evaluation.groups]).tolist()
    return [evaluation.days[end - group.points : end] for end, group in zip(ends, evaluation.groups, strict=True)]


def group_lines(group: Limits, days: Sequence[date], *, told: set[str]) -> list[go.Scatter]:
    """Mean, limits and near limits of one group; each name stands in the legend once."""
    limit = "Trial limits" if group.trial else "Process limits"
    lines = (
        ("Mean", group.mean, "solid", 1.5, True),
        (limit, group.upper, "dash", 1.5, True),
        (limit, group.lower, "dash", 1.5, False),
        ("Near limits", group.near_upper, "dot", 1, True),
        ("Near limits", group.near_lower, "dot", 1, False),
    )
    ends = np.array([days[0], days[-1]], dtype="datetime64[D]")
    return [
        go.Scatter(
            x=ends,
            y=np.array([height, height]),
            mode="lines",
            name=name,
            line={"color": LINE, "dash": dash, "width": width},
            showlegend=named and name not in told,
            hoverinfo="skip",
        )
        for name, height, dash, width, named in lines
    ]


def target_line(days: Sequence[date], targets: Sequence[float | None]) -> go.Scatter:
    return go.Scatter(
        x=np.array(days, dtype="datetime64[D]"),
        y=np.array([np.nan if target is None else target for target in targets]),
        mode="lines",
        name="Target",
        line={"color": TARGET, "dash": "longdashdot", "width": 2, "shape": "hv"},
        hovertemplate="Target %{y}<extra></extra>",
    )


def value_traces(evaluation: Evaluation) -> list[go.Scatter]:
    """The line through all values that are judged, and the points of each meaning with their own shape."""
    days, values = np.array(evaluation.days, dtype="datetime64[D]"), np.array(evaluation.values)
    judged = np.array([limits is not None for limits in evaluation.limits])
    line = go.Scatter(
        x=days,
        y=np.where(judged, values, np.nan),
        mode="lines",
        line={"color": INK, "width": 1},
        showlegend=False,
        hoverinfo="skip",
    )
    kinds = np.array([point.variation.value for point in evaluation.points])
    causes = np.array([cause.value for cause in evaluation.causes])
    return [line] + [
        points_of(marker, days[kinds == kind], values[kinds == kind], causes[kinds == kind])
        for kind, marker in MARKERS.items()
        if (kinds == kind).any()
    ]


def points_of(marker: Marker, days: np.ndarray, values: np.ndarray, causes: np.ndarray) -> go.Scatter:
    return go.Scatter(
        x=days,
        y=values,
        mode="markers",
        name=marker.word,
        customdata=causes,
        marker={
            "symbol": marker.symbol,
            "color": marker.colour,
            "size": 11,
            "line": {"color": INK, "width": 1},
        },
        hovertemplate="%{x|%-d %B %Y}: %{y}<br>%{customdata}<extra></extra>",
    )


def note_mark(evaluation: Evaluation, note: Note, number: int) -> go.layout.Annotation:
    """A numbered flag at the point; the words stand in the list beside the chart, and in the hover."""
    height = dict(zip(evaluation.days, evaluation.values, strict=True)).get(note.day, evaluation.groups[-1].mean)
    return go.layout.Annotation(
        x=note.day,
        y=height,
        text=f"<b>{number}</b>",
        hovertext=note.text,
        showarrow=True,
        ax=0,
        ay=-32,
        bgcolor="#ffffff",
    )
