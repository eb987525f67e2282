"""Which view an address shows."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from dash import dcc, html
from sqlmodel import Session

from dashboards.address import PREFIX, Wanted
from dashboards.pages import compare, kpi, matrix, summary

View = Callable[[Session, Wanted, date], list[Any]]

PAGES: Mapping[str, View] = {"": summary.page, "matrix": matrix.page, "kpi": kpi.page, "compare": compare.page}


def layout() -> Any:
    """The same for everybody: what a person sees is asked for by a callback, as that person."""
    return html.Div([dcc.Location(id="address", refresh=False), html.Div(id="content")])


def view_of(path: str) -> View | None:
    return PAGES.get(path.removeprefix(PREFIX).strip("/"))
