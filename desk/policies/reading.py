"""How a file of the law or the policy is read: strictly, never guessing; what is not understood is a ConfigError."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from desk.config_error import ConfigError

K = TypeVar("K")
V = TypeVar("V")
Shaped = TypeVar("Shaped", bound="Shape")
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Table = Annotated[dict[K, V], Field(min_length=1)]
Listed = Annotated[list[V], Field(min_length=1)]


class Shape(BaseModel):
    """A table of a file: only the keys it names, each of exactly its type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @model_validator(mode="before")
    @classmethod
    def only_known_keys(cls, data: object) -> object:
        """Refuse a key nobody reads: it is a misspelling, or a promise the office would not keep."""
        accepted = {field.alias or name for name, field in cls.model_fields.items()}
        for key in data if isinstance(data, dict) else ():
            if key not in accepted:
                raise PydanticCustomError("unknown_key", "{reason}", {"key": key, "reason": unknown("key", key, accepted)})
        return data


def read_shape(file: Path, shape: type[Shaped]) -> Shaped:
    """Read one TOML file in the shape it must have; raises ConfigError."""
    try:
        return shape.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigError(file, "", f"cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise ConfigError(file, "", "is not UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(file, "", f"is not TOML: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise ConfigError(file, _dotted(first), _reason(first)) from error


def unknown(what: str, given: str, accepted: Iterable[str]) -> str:
    """Say that a code or key is unknown, which is closest, and which would be accepted."""
    known = sorted(accepted)
    close = difflib.get_close_matches(given, known, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"unknown {what} {given!r}; {hint}accepted: {', '.join(known) or 'none'}"


def require_known(file: Path, key: str, given: Sequence[str], accepted: Iterable[str], what: str = "code") -> None:
    """Raise ConfigError at the first code that is not among those accepted, or that is given twice."""
    accepted = set(accepted)
    for code in given:
        if code not in accepted:
            raise ConfigError(file, key, unknown(what, code, accepted))
        if given.count(code) > 1:
            raise ConfigError(file, key, f"{what} {code!r} is given twice")


def _dotted(error: ErrorDetails) -> str:
    """The place of an error as a dotted key; pydantic marks the key of a table by an extra "[key]"."""
    key = error.get("ctx", {}).get("key")
    return ".".join([*(str(part) for part in error["loc"] if part != "[key]"), *([key] if key else [])])


def _reason(error: ErrorDetails) -> str:
    context: dict[str, Any] = error.get("ctx", {})
    match error["type"]:
        case "missing":
            return "is missing"
        case "enum" | "literal_error":
            return unknown("code", str(error["input"]), re.findall(r"'([^']*)'", context["expected"]))
        case "too_short" | "string_too_short":
            return "is empty"
        case "model_type" | "dict_type":
            return "must be a table"
        case _:
            return error["msg"].replace("Input should be", "must be")
