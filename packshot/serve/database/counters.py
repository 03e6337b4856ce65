"""How much a tenant did in a period: what quotas are counted by, the same for every process and machine."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from packshot.errors import Busy
from packshot.serve.database.engine import Database
from packshot.serve.database.schema import counters

DAY = 86400


class Counters:
    """Counters of a day (UTC) each."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def spend(self, tenant: str, name: str, amount: int = 1, limit: int = 0) -> int:
        """Count `amount` of `name` for today, and the sum so far. limit: 0 = none.

        Raises Busy, and counts nothing, where the sum would pass the limit; it says how long the day still lasts.
        """
        with self.database.writing() as c:
            return spend(c, tenant, name, self.database.now(c), amount, limit)

    def spent(self, tenant: str, name: str) -> int:
        """The sum of today."""
        with self.database.reading() as c:
            place = (
                counters.c.tenant == tenant,
                counters.c.name == name,
                counters.c.period == day(self.database.now(c)),
            )
            return int(c.execute(select(counters.c.value).where(*place)).scalar() or 0)

    def forget(self, days: int = 62) -> int:
        """Drop counters older than so many days; how many there were."""
        with self.database.writing() as c:
            oldest = day(self.database.now(c) - days * DAY)
            return c.execute(delete(counters).where(counters.c.period < oldest)).rowcount


def spend(c: Connection, tenant: str, name: str, now: float, amount: int = 1, limit: int = 0) -> int:
    """As `Counters.spend`, inside a transaction that writes."""
    insert = (sqlite if c.dialect.name == "sqlite" else postgresql).insert(counters)
    row = insert.values(tenant=tenant, name=name, period=day(now), value=amount)
    summed = row.on_conflict_do_update(
        index_elements=["tenant", "name", "period"], set_={"value": counters.c.value + amount}
    ).returning(counters.c.value)
    value = int(c.execute(summed).scalar_one())
    if limit and value > limit:
        left = DAY - now % DAY
        raise Busy(f"quota: {limit:,} {name.replace('_', ' ')} a day are used up; it begins anew at 0:00 UTC", left)
    return value


def day(now: float) -> str:
    """The day of Unix seconds, in UTC.

    >>> day(86400.0)
    '1970-01-02'
    """
    return dt.datetime.fromtimestamp(now, dt.UTC).date().isoformat()
