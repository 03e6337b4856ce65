"""The order of training: a function of the seed and of the pictures taken, whatever the batches were."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from packshot.catalogue.dataset.order import Order, Place, permutation
from packshot.errors import ParameterError


@given(st.integers(1, 200), st.integers(-5, 2**40), st.integers(0, 9))
def test_every_epoch_is_a_permutation(count, seed, epoch):
    assert sorted(permutation(count, seed, epoch)) == list(range(count))


def test_the_order_is_pinned_for_good():
    assert permutation(8, 0, 0).tolist() == permutation(8, 0, 0).tolist()
    assert permutation(8, 0, 0).tolist() != permutation(8, 0, 1).tolist() != permutation(8, 1, 0).tolist()
    assert permutation(8, 0, 0).tolist() == PINNED


PINNED = [0, 1, 6, 3, 5, 4, 2, 7]


@given(st.integers(1, 60), st.lists(st.integers(1, 50), min_size=1, max_size=12), st.booleans(), st.booleans())
def test_batches_of_any_sizes_give_one_stream_and_resume_anywhere(count, sizes, shuffle, balanced):
    classes = np.arange(count) % 3 if balanced else None
    order = Order(np.arange(count) * 7, 5, shuffle=shuffle, classes=classes)
    whole = order.take(0, sum(sizes))
    seen, pieces = 0, []
    for size in sizes:
        again = Order(np.arange(count) * 7, 5, shuffle=shuffle, classes=classes)  # as after a restart
        pieces.append(again.take(seen, size))
        seen = again.seen(again.place(seen)) + size
    assert np.array_equal(np.concatenate(pieces), whole)


def test_an_epoch_takes_each_picture_once_and_the_place_counts():
    order = Order([3, 5, 9, 11], seed=2)
    assert sorted(order.take(0, 4)) == sorted(order.take(4, 4)) == [3, 5, 9, 11]
    assert order.place(9) == Place(2, 1)
    assert [b.tolist() for _, b in zip(range(2), (b for _, b in order.batches(4)), strict=False)] == [
        order.epoch(0).tolist(),
        order.epoch(1).tolist(),
    ]


def test_balance_gives_every_class_the_same_share_and_every_picture_its_turn():
    classes = np.array([0] * 90 + [1] * 10 + [-1] * 5)
    order = Order(np.arange(105), seed=1, classes=classes)
    epoch = order.epoch(0)
    assert (epoch < 90).sum() == ((epoch >= 90) & (epoch < 100)).sum() == len(order) // 2
    assert (epoch >= 100).sum() == 0
    taken = np.bincount(np.concatenate([order.epoch(e) for e in range(18)]), minlength=105)
    assert np.ptp(taken[:90]) <= 1
    assert np.ptp(taken[90:100]) <= 1


def test_nothing_to_train_on_is_refused():
    with pytest.raises(ParameterError, match="at least one picture"):
        Order([], 0)
    with pytest.raises(ParameterError, match="one for each of 2"):
        Order([1, 2], 0, classes=[1])
    with pytest.raises(ParameterError, match="batch of at least 1"):
        next(Order([1], 0).batches(0))
