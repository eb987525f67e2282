"""Money is Decimal, in pounds and pence."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

PENNY = Decimal("0.01")
ZERO = Decimal("0.00")


def pence(amount: Decimal) -> Decimal:
    """Rounded half up to a whole penny."""
    return amount.quantize(PENNY, rounding=ROUND_HALF_UP)


def total(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)


def pounds(amount: Decimal | None, *, places: int = 0) -> str:
    """For reading: `£1,234,568`, `−£12`, or "not recorded"."""
    if amount is None:
        return "not recorded"
    rounded = amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    return f"{'−' if rounded < 0 else ''}£{abs(rounded):,.{places}f}"
