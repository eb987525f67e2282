"""NHS.UK frontend components as functions, for templates and form fields alike."""

from functools import cache
from typing import Any

from jinja2 import ChainableUndefined, Environment, PackageLoader
from markupsafe import Markup

FOLDERS = {"table": "tables"}


@cache
def environment() -> Environment:
    """Of their own: the package's macros need lenient undefined values, our templates strict ones."""
    return Environment(
        loader=PackageLoader("nhsuk_frontend_jinja"),
        undefined=ChainableUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def macro(name: str) -> Any:
    """The macro of one component: `error_summary` is `errorSummary` in components/error-summary."""
    folder = FOLDERS.get(name, name.replace("_", "-"))
    first, *rest = name.split("_")
    module = environment().get_template(f"nhsuk/components/{folder}/macro.jinja").module
    return getattr(module, first + "".join(word.capitalize() for word in rest))


def component(name: str, /, **params: Any) -> Markup:
    """The markup of `name` with the parameters of the NHS.UK design system; absent and None are the same."""
    return Markup(macro(name)({key: value for key, value in params.items() if value is not None}))  # noqa: S704 - autoescaped
