"""The tables. Texts that hold JSON are never queried inside, so every database takes them; times are Unix seconds.

jobs       one row a job; `worker`, `attempt` and `lease_until` say whose it is, `last_event` numbers its events
events     what happened to a job, numbered from 1 within it, in the order in which it became visible
results    finished files of a job by name; the bytes lie in the file store under their digest
uploads    files that callers brought
counters   how often a tenant did something in a period, for quotas
deliveries webhooks to send; written together with the change they tell of
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Index, Integer, MetaData, Table, Text

FORM = 1  # raised when older tables no longer do

metadata = MetaData()

meta = Table("meta", metadata, Column("name", Text, primary_key=True), Column("value", Text, nullable=False))

jobs = Table(
    "jobs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("key", Text),  # idempotency key
    Column("kind", Text, nullable=False),
    Column("request", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("wanted", Text, nullable=False, default=""),  # pause or cancel, until the worker has obeyed
    Column("created", Float, nullable=False),
    Column("queued", Float, nullable=False),
    Column("started", Float),
    Column("ended", Float),
    Column("progress", Text, nullable=False, default="{}"),
    Column("error", Text, nullable=False, default=""),
    Column("last_event", BigInteger, nullable=False, default=0),
    Column("attempt", Integer, nullable=False, default=0),
    Column("losses", Integer, nullable=False, default=0),  # workers lost since it last got further
    Column("reach", Float, nullable=False, default=0.0),  # how far it got: pictures, or images seen in training
    Column("worker", Text, nullable=False, default=""),
    Column("lease_until", Float, nullable=False, default=0.0),
    Index("jobs_key", "tenant", "key", unique=True),
    Index("jobs_state", "state", "queued"),
    Index("jobs_tenant", "tenant", "created"),
)

events = Table(
    "events",
    metadata,
    Column("job", Text, primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("at", Float, nullable=False),
    Column("name", Text, nullable=False),
    Column("data", Text, nullable=False),
)

results = Table(
    "results",
    metadata,
    Column("job", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("status", Text, nullable=False, default=""),
    Column("subject", Text, nullable=False, default=""),  # photo and variant; a newer result of it replaces this one
    Column("facts", Text, nullable=False, default="{}"),
    Column("record", Text, nullable=False, default=""),  # line of the job's own records, to go on elsewhere
    Column("made", Float, nullable=False),
    Index("results_blob", "tenant", "digest"),
    Index("results_subject", "job", "subject"),
)

uploads = Table(
    "uploads",
    metadata,
    Column("id", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("made", Float, nullable=False),
    Column("used", Float, nullable=False),
    Index("uploads_blob", "tenant", "digest"),
)

counters = Table(
    "counters",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("period", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("job", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("state", Text, nullable=False),  # waiting, delivered, given-up
    Column("tries", Integer, nullable=False, default=0),
    Column("next_at", Float, nullable=False),
    Column("made", Float, nullable=False),
    Column("answer", Text, nullable=False, default=""),
    Index("deliveries_due", "state", "next_at"),
)
