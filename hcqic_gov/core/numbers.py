"""Numbers as people read them."""


def measured(value: float, unit: str, decimals: int) -> str:
    """For reading, with its unit: `£1,200`, `93.5%`, `−1 day`, `12 persons`."""
    number = f"{abs(value):,.{decimals}f}"
    sign = "−" if value < 0 and float(number.replace(",", "")) else ""
    if unit == "£":
        return f"{sign}£{number}"
    return f"{sign}{number}{unit if unit == '%' else ' ' + unit_for(number, unit)}"


def unit_for(number: str, unit: str) -> str:
    """The unit beside this number as it is shown: `1 run`, but `1.0 days`, `0 runs` and `1 per 1,000 uses`."""
    return unit.removesuffix("s") if number == "1" and not unit.startswith("per ") else unit
