"""Parts that the views share: tables that become cards on a narrow screen, icons with their word, levels."""

from collections.abc import Sequence
from typing import Any

from dash import html

from hcqic_gov.kpi.rules import Sign
from hcqic_gov.kpi.words import Icon

ICONS = "/static/icons/kpi/"


def icon(found: Icon) -> Any:
    """The drawing with its word beside it; the word alone where there is no drawing."""
    if not found.name:
        return found.word
    drawing = html.Img(src=f"{ICONS}{found.name}.svg", alt="", width="32", height="32")
    return html.Span([drawing, " ", html.Span(found.word)], className="hcqic-kpi-icon")


def level(sign: Sign) -> Any:
    """A shape, then the word; the colour only underlines it."""
    unspoken: dict[str, Any] = {"aria-hidden": "true"}
    shape = html.Span(sign.shape, **unspoken)
    return html.Strong([shape, " ", sign.word], className=f"nhsuk-tag nhsuk-tag--{sign.tag}")


def table(caption: str, headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> Any:
    """The first cell of each row is its heading."""
    head = [html.Th(name, scope="col", role="columnheader", className="nhsuk-table__header") for name in headings]
    return html.Table(
        [
            html.Caption(caption, className="nhsuk-table__caption"),
            html.Thead(html.Tr(head, role="row"), role="rowgroup", className="nhsuk-table__head"),
            html.Tbody([line(headings, row) for row in rows], role="rowgroup", className="nhsuk-table__body"),
        ],
        role="table",
        className="nhsuk-table hcqic-table",
    )


def line(headings: Sequence[str], cells: Sequence[Any]) -> Any:
    return html.Tr([cell(n, headings[n], content) for n, content in enumerate(cells)], role="row")


def cell(place: int, heading: str, content: Any) -> Any:
    inner = html.Span(content, className="hcqic-cell")
    label: dict[str, Any] = {"data-label": heading}
    if place == 0:
        return html.Th(inner, scope="row", role="rowheader", className="nhsuk-table__header", **label)
    return html.Td(inner, role="cell", className="nhsuk-table__cell", **label)
