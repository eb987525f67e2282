"""What `hcqic sandbox calibrate` has measured on this host, kept in the data folder with its date."""

from functools import cache
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from hcqic_gov.core.errors import HcqicError
from hcqic_gov.quantum.estimate import Calibration
from hcqic_gov.settings import Settings


class Measured(BaseModel):
    """Constants of the estimate, when they were measured, and on what."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    measured_at: AwareDatetime
    host: dict[str, str]
    calibration: Calibration


@cache
def calibration_file() -> Path:
    return Settings().data_dir / "calibration.json"


def measured() -> Measured | None:
    """None where nobody has calibrated: the policy's constants are used then. Errors: HcqicError."""
    path = calibration_file()
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        return None
    return _read(path, changed)


@cache
def _read(path: Path, changed: int) -> Measured:
    """`changed` makes a new calibration known without a restart."""
    try:
        return Measured.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        sentence = f"{path} cannot be used. Run `hcqic sandbox calibrate` again, or delete the file."
        raise HcqicError(sentence) from error


def keep(found: Measured) -> Path:
    path = calibration_file()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(".draft")
    draft.write_text(found.model_dump_json(indent=2))
    draft.replace(path)
    return path
