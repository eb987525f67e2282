"""A drawing as inline SVG with presentation attributes only, because the pages' CSP allows no inline style."""

from collections.abc import Iterator, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from reportlab.graphics.shapes import Circle, Drawing, Group, Line, Polygon, PolyLine, Shape, String


def to_svg(drawing: Drawing, *, label: str = "") -> str:
    """The drawing as one `<svg>`; `label` says what it shows, without one it only decorates the word beside it.

    Errors: TypeError for an unknown shape.
    """
    size = {"width": _number(drawing.width), "height": _number(drawing.height)}
    named = {"role": "img", "aria-label": label} if label else {"aria-hidden": "true", "focusable": "false"}
    view = {"viewBox": f"0 0 {size['width']} {size['height']}", **size, **named, "font-family": "Arial, sans-serif"}
    body = "".join(part for shape in drawing.contents for part in _shape(shape, drawing.height))
    return f'<svg xmlns="http://www.w3.org/2000/svg"{_attributes(view)}>{body}</svg>'


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _colour(value: Any) -> str:
    return "none" if value is None else f"#{value.hexval()[2:]}"


def _points(values: Sequence[float], height: float) -> str:
    return " ".join(f"{_number(x)},{_number(height - y)}" for x, y in zip(values[::2], values[1::2], strict=True))


def _stroke(shape: Any) -> dict[str, str]:
    dash = {"stroke-dasharray": " ".join(_number(n) for n in shape.strokeDashArray)} if shape.strokeDashArray else {}
    return {"stroke": _colour(shape.strokeColor), "stroke-width": _number(shape.strokeWidth), **dash}


def _fill(shape: Any) -> dict[str, str]:
    return {"fill": _colour(shape.fillColor)}


def _shape(shape: Shape, height: float) -> Iterator[str]:
    match shape:
        case Group():
            yield from (part for inner in shape.contents for part in _shape(inner, height))
        case String():
            yield _string(shape, height)
        case Line():
            ends = {"x1": shape.x1, "y1": height - shape.y1, "x2": shape.x2, "y2": height - shape.y2}
            yield _element("line", {key: _number(value) for key, value in ends.items()}, _stroke(shape))
        case PolyLine():
            yield _element("polyline", {"points": _points(shape.points, height), "fill": "none"}, _stroke(shape))
        case Polygon():
            yield _element("polygon", {"points": _points(shape.points, height)}, _fill(shape), _stroke(shape))
        case Circle():
            place = {"cx": shape.cx, "cy": height - shape.cy, "r": shape.r}
            yield _element("circle", {k: _number(v) for k, v in place.items()}, _fill(shape), _stroke(shape))
        case _:
            raise TypeError(f"{type(shape).__name__} has no SVG form here")


def _string(shape: String, height: float) -> str:
    look = {
        "x": _number(shape.x),
        "y": _number(height - shape.y),
        "font-size": _number(shape.fontSize),
        "text-anchor": str(shape.textAnchor),
        "fill": _colour(shape.fillColor),
        **({"font-weight": "bold"} if shape.fontName.endswith("Bd") else {}),
    }
    return f"<text{_attributes(look)}>{escape(shape.text)}</text>"


def _element(name: str, *attributes: dict[str, str]) -> str:
    return f"<{name}{''.join(_attributes(group) for group in attributes)}/>"


def _attributes(values: dict[str, str]) -> str:
    return "".join(f" {key}={quoteattr(value)}" for key, value in values.items())
