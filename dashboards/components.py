"""Parts that the views share: tables that become cards on a narrow screen, icons with their word, levels.

They are written in the form that Dash sends (`type`, `namespace`, `props`): making 1,000 of its component objects for
one summary takes 20 ms, and writing down the same takes 1 ms. A single object among them would cost another 8 ms, since
all is then walked through for the JSON.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from flask import request, url_for

from hcqic_gov.kpi.rules import Sign
from hcqic_gov.kpi.words import Icon

COUNTS = {7: "seven"}
"""Tables of so many columns stand under each other, so their columns have fixed widths."""


def tag(name: str, children: Any = None, **props: Any) -> dict[str, Any]:
    """One element of HTML by its name in `dash.html`; an underscore in a property's name is a hyphen."""
    given = {key.replace("_", "-"): value for key, value in props.items()}
    return {"type": name, "namespace": "dash_html_components", "props": {"children": children, **given}}


def icon(found: Icon) -> Any:
    """The drawing with its word beside it; the word alone where there is no drawing."""
    if not found.name:
        return found.word
    drawing = tag("Img", src=address_of(found.name, request.script_root), alt="", width="32", height="32")
    return tag("Span", [drawing, tag("Span", found.word)], className="hcqic-kpi-icon")


@cache
def address_of(name: str, _script_root: str) -> str:
    """Where a drawing is served; under a prefix of a proxy it is another."""
    return url_for("static", filename=f"icons/kpi/{name}.svg")


def level(sign: Sign) -> Any:
    """A shape, then the word; the colour only underlines it."""
    shape = tag("Span", sign.shape, aria_hidden="true")
    return tag("Strong", [shape, " ", sign.word], className=f"nhsuk-tag nhsuk-tag--{sign.tag}")


def table(
    caption: str, headings: Sequence[str | Icon], rows: Sequence[Sequence[Any]], *, kind: str = ""
) -> dict[str, Any]:
    """The first cell of each row is its heading; the caption is heard, the heading above the table is seen."""
    seen = [one if isinstance(one, str) else icon(one) for one in headings]
    head = [tag("Th", one, scope="col", role="columnheader", className="nhsuk-table__header") for one in seen]
    kind = kind or COUNTS.get(len(headings), "few")
    words = [one if isinstance(one, str) else one.word for one in headings]
    return tag(
        "Table",
        [
            tag("Caption", caption, className="nhsuk-u-visually-hidden"),
            tag("Thead", tag("Tr", head, role="row"), role="rowgroup", className="nhsuk-table__head"),
            tag("Tbody", [line(words, row) for row in rows], role="rowgroup", className="nhsuk-table__body"),
        ],
        role="table",
        className=f"nhsuk-table hcqic-table hcqic-kpi-table hcqic-kpi-table--{kind}",
    )


def line(headings: Sequence[str], cells: Sequence[Any]) -> Any:
    return tag("Tr", [cell(n, headings[n], content) for n, content in enumerate(cells)], role="row")


def cell(place: int, heading: str, content: Any) -> Any:
    inner = tag("Span", content, className="hcqic-cell")
    if place == 0:
        label = {"className": "nhsuk-table__header", "data_label": heading}
        return tag("Th", inner, scope="row", role="rowheader", **label)
    return tag("Td", inner, role="cell", className="nhsuk-table__cell", data_label=heading)
