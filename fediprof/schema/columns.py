"""Column types that mean the same on both engines, and the one MetaData all tables belong to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Dialect, Integer, MetaData, Text, TypeDecorator

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = BigInteger
"""A snowflake of `ids.new_id()`."""

Serial = BigInteger().with_variant(Integer, "sqlite")
"""A number the database counts up; the order of arrival in a queue."""


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime, kept as milliseconds since 1970: the same order and text on both engines."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else round(value.timestamp() * 1000)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[int | None], datetime | None]:
        return _moment


class Json(TypeDecorator[Any]):
    """Lists and objects as JSON text; None stays null."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else msgspec.json.encode(value).decode()

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[str | None], Any]:
        return _decoded


# Given out as they are, not through `process_result_value`: a page of posts reads some hundred of these values, and each
# layer between is a call. Both engines hand us plain numbers and text.


def _moment(value: int | None) -> datetime | None:
    return None if value is None else datetime.fromtimestamp(value / 1000, UTC)


def _decoded(value: str | None) -> Any:
    return None if value is None else msgspec.json.decode(value)
