"""Jobs as callers and workers see them, on SQLite and on a real PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, update

from packshot.errors import Busy, Conflict, NotKnown, ParameterError
from packshot.serve.database.counters import Counters
from packshot.serve.database.schema import deliveries, jobs
from packshot.serve.jobs.leases import LeaseLost, Leases, Made
from packshot.serve.jobs.model import JobRequest
from packshot.serve.jobs.store import Bounds, JobStore

REQUEST = JobRequest(kind="pipeline", files=("file_1",))


@pytest.fixture
def store(database):
    return JobStore(database)


def leases(database, name="w", **options):
    return Leases(database, name, **options)


def names(store, job):
    return [event.name for event in store.events("shop", job)]


def expire(database):
    with database.writing() as c:
        c.execute(update(jobs).values(lease_until=1.0))


def test_one_key_makes_one_job_however_many_hand_it_in_at_once(store):
    with ThreadPoolExecutor(8) as pool:
        handed = list(pool.map(lambda _: store.submit("shop", REQUEST, key="order-7"), range(16)))
    assert len({job.id for job, _ in handed}) == 1
    assert sum(new for _, new in handed) == 1
    assert store.submit("other", REQUEST, key="order-7")[1], "another tenant's key is another key"
    with pytest.raises(Conflict, match="was used for another request"):
        store.submit("shop", JobRequest(kind="fit"), key="order-7")


def test_the_queue_and_a_tenants_share_are_bounded(store):
    for _ in range(3):
        store.submit("shop", REQUEST, bounds=Bounds(open=3, queued=4))
    with pytest.raises(Busy, match="3 of your jobs are unfinished") as error:
        store.submit("shop", REQUEST, bounds=Bounds(open=3, queued=4))
    assert error.value.retry_after > 0
    first, _ = store.submit("other", REQUEST, key="k", bounds=Bounds(open=3, queued=4))
    with pytest.raises(Busy, match="4 jobs wait already"):
        store.submit("third", REQUEST, bounds=Bounds(open=3, queued=4))
    again, new = store.submit("other", REQUEST, key="k", bounds=Bounds(open=3, queued=4))
    assert (again.id, new) == (first.id, False), "a job that is there already is found even when the queue is full"


def test_a_day_has_so_many_jobs(store):
    store.submit("shop", REQUEST, bounds=Bounds(daily=1))
    with pytest.raises(Busy, match="1 jobs a day are used up"):
        store.submit("shop", REQUEST, bounds=Bounds(daily=1))
    assert len(store.jobs("shop")) == 1


def test_counters_stop_exactly_at_the_limit(database):
    counters = Counters(database)

    def spend(_):
        try:
            return counters.spend("shop", "edits", 2, 20)
        except Busy:
            return None

    with ThreadPoolExecutor(8) as pool:
        sums = list(pool.map(spend, range(24)))
    assert sorted(filter(None, sums)) == list(range(2, 21, 2))
    assert counters.spent("shop", "edits") == 20
    assert counters.spent("other", "edits") == 0


def test_a_tenant_sees_nothing_of_another(store):
    job, _ = store.submit("shop", REQUEST)
    for call in (
        lambda: store.job("other", job.id),
        lambda: store.events("other", job.id),
        lambda: store.results("other", job.id),
        lambda: store.result("other", job.id, "1.jpg"),
        lambda: store.command("other", job.id, "cancel"),
        lambda: store.delete("other", job.id),
        lambda: store.jobs("other", before=job.id),
    ):
        with pytest.raises(NotKnown):
            call()
    assert store.jobs("other") == []
    assert store.job(None, job.id).state == "queued", "an administrator sees it"


def test_commands_and_the_states_they_are_for(store, database):
    job, _ = store.submit("shop", REQUEST)
    for command, state in (("pause", "paused"), ("pause", "paused"), ("resume", "queued"), ("cancel", "cancelled")):
        assert store.command("shop", job.id, command).state == state
    with pytest.raises(Conflict, match="is cancelled; pause is for jobs that are paused or queued or running"):
        store.command("shop", job.id, "pause")
    assert store.command("shop", job.id, "retry").state == "queued"
    lease = leases(database).claim()
    assert store.command("shop", job.id, "pause").wanted == "pause"
    assert lease.renew() == "pause"
    assert store.command("shop", job.id, "resume").wanted == ""
    lease.end("done")
    with pytest.raises(Conflict, match="is done"):
        store.command("shop", job.id, "cancel")
    with pytest.raises(ParameterError, match="expected one of pause"):
        store.command("shop", job.id, "stop")
    store.delete("shop", job.id)
    with pytest.raises(NotKnown):
        store.job("shop", job.id)


def test_pages_of_jobs_and_results(store, database):
    handed = [store.submit("shop", REQUEST)[0].id for _ in range(7)]
    first = [job.id for job in store.jobs("shop", limit=4)]
    rest = [job.id for job in store.jobs("shop", before=first[-1])]
    assert first + rest == handed[::-1]
    lease = leases(database).claim()
    lease.report(made=[Made(f"{n}.jpg", "0" * 64, n, "image/jpeg", "done", str(n)) for n in range(5)])
    page = store.results("shop", lease.job.id, limit=3)
    page += store.results("shop", lease.job.id, after=page[-1].name)
    assert [result.name for result in page] == [f"{n}.jpg" for n in range(5)]


def test_every_job_is_taken_once(store, database):
    handed = {store.submit("shop", REQUEST)[0].id for _ in range(24)}

    def take(number):
        mine = leases(database, f"worker-{number}")
        found = []
        while lease := mine.claim():
            found.append(lease.job.id)
        return found

    with ThreadPoolExecutor(6) as pool:
        taken = [job for some in pool.map(take, range(6)) for job in some]
    assert len(taken) == len(handed)
    assert set(taken) == handed


def test_tenants_take_turns(store, database):
    for tenant in ("big", "big", "big", "small"):
        store.submit(tenant, REQUEST)
    mine = leases(database)
    assert [mine.claim().job.tenant for _ in range(4)] == ["big", "small", "big", "big"]
    store.submit("big", REQUEST)
    assert leases(database, running=3).claim() is None, "three of this tenant are at work"


def test_a_worker_that_lost_its_lease_can_write_nothing(store, database):
    job, _ = store.submit("shop", REQUEST)
    slow = leases(database, "slow").claim()
    expire(database)
    quick = leases(database, "quick").claim()
    assert quick.job.attempts == 2
    for call in (slow.renew, lambda: slow.report([("note", {})]), lambda: slow.end("done")):
        with pytest.raises(LeaseLost):
            call()
    quick.report([("note", {})], [Made("1.jpg", "a" * 64, 3, "image/jpeg", "done", "1")], {"finished": 1}, 1)
    quick.end("done")
    assert names(store, job.id) == ["queued", "started", "lost", "started", "note", "done"]
    assert store.job("shop", job.id).progress == {"finished": 1}


def test_the_job_of_a_dead_worker_is_taken_up_at_once(store, database):
    store.submit("shop", REQUEST)
    leases(database, "dead").claim()
    other = leases(database, "other")
    assert other.claim() is None
    assert other.holders() == ["dead"]
    assert other.lost(["dead"]) == 1
    assert other.claim().losses == 1


def test_a_job_that_only_kills_its_workers_fails(store, database):
    job, _ = store.submit("shop", JobRequest(kind="pipeline", webhook="https://shop.example/hook"))
    mine = leases(database, max_losses=3)
    for attempt in range(1, 5):
        lease = mine.claim()
        assert lease.job.attempts == attempt
        if attempt == 1:
            lease.report(progress={"finished": 1}, reach=1)  # it got further, which later attempts do not
        mine.lost(["w"])
        if attempt == 3:
            break
    failed = store.job("shop", job.id)
    assert failed.state == "failed"
    assert "died 3 times without getting further" in failed.error
    assert store.command("shop", job.id, "retry").state == "queued"
    with database.reading() as c:
        assert len(c.execute(select(deliveries)).all()) == 1


def test_getting_further_clears_the_count_of_lost_workers(store, database):
    store.submit("shop", REQUEST)
    mine = leases(database, max_losses=2)
    for reach in range(1, 7):
        lease = mine.claim()
        lease.report(reach=reach)
        mine.lost(["w"])
    assert mine.claim().losses == 1


@pytest.mark.parametrize(("command", "state"), [("pause", "paused"), ("cancel", "cancelled")])
def test_what_was_wanted_of_a_job_holds_when_its_worker_dies(store, database, command, state):
    job, _ = store.submit("shop", REQUEST)
    mine = leases(database)
    mine.claim()
    store.command("shop", job.id, command)
    mine.lost(["w"])
    assert store.job("shop", job.id).state == state


def test_events_are_read_from_any_number_on_and_none_is_missed(store, database):
    job, _ = store.submit("shop", REQUEST)
    lease = leases(database).claim()
    with ThreadPoolExecutor(6) as pool:
        writing = [pool.submit(lease.report, [("note", {"n": n}), ("note", {"n": n})]) for n in range(20)]
        seen, after = [], 0
        while not all(task.done() for task in writing) or seen[-1].number < 42:
            found = store.events("shop", job.id, after)
            seen += found
            after = seen[-1].number
    assert [event.number for event in seen] == list(range(1, 43))
    assert sorted(event.data["n"] for event in seen[2:]) == sorted([*range(20), *range(20)])
    assert [event.number for event in store.events("shop", job.id, 40)] == [41, 42]


def test_a_newer_result_of_a_photo_replaces_the_older_one(store, database):
    job, _ = store.submit("shop", REQUEST)
    lease = leases(database).claim()
    lease.report(made=[Made("failed:1.jpg", "", 0, "", "failed", "1", {"reason": "torn"})])
    with pytest.raises(NotKnown, match=r"came to nothing \(torn\)"):
        store.result("shop", job.id, "failed:1.jpg")
    lease.report(made=[Made("held/1.jpg", "a" * 64, 3, "image/jpeg", "flagged", "1")])
    lease.report(made=[Made("shop/1.jpg", "b" * 64, 3, "image/jpeg", "done", "1")])
    lease.report(made=[Made("shop/1.jpg", "c" * 64, 3, "image/jpeg", "done", "1")])
    assert [(r.name, r.digest[0]) for r in store.results("shop", job.id)] == [("shop/1.jpg", "c")]


def test_odd_names_of_files_are_kept(store, database):
    job, _ = store.submit("shop", REQUEST)
    lease = leases(database).claim()
    lease.report([("note", {"name": "\udcff\u0000 鞋"})])
    assert store.events("shop", job.id)[-1].data["name"] == "\udcff\u0000 鞋"


def test_the_end_of_a_job_is_told_once(store, database):
    hooked = JobRequest(kind="pipeline", webhook="https://shop.example/hook")
    done, _ = store.submit("shop", hooked)
    leases(database).claim().end("done")
    cancelled, _ = store.submit("shop", hooked)
    for _ in range(2):
        store.command("shop", cancelled.id, "cancel")
    store.submit("shop", REQUEST)
    leases(database).claim().end("done")
    with database.reading() as c:
        assert sorted(c.execute(select(deliveries.c.job)).scalars()) == sorted([done.id, cancelled.id])
