"""Makers of samples for the tests: quick, slow, failing and deadly ones."""

import json
import os
import signal
import time

import numpy as np

from packshot.catalogue.shards.files import Sample
from packshot.catalogue.shards.layers import encoded


def quick(settings, number):
    """A small sample that depends on the settings and the number alone."""
    random = np.random.default_rng([settings["seed"], number])
    photo = random.integers(0, 256, (8, 8, 3), np.uint8)
    matte = random.integers(0, 256, (8, 8), np.uint8)
    layout = random.integers(0, 5, (8, 8)).astype(np.uint8)
    told = {"sku": f"S-{number}", "title": f"Toy {number}", "category": "car", "split": "train", "size": 8,
            "attributes": {"colour": "red"}, "view": {"azimuth": number}}  # fmt: skip
    members = {"photo.webp": encoded("photo", photo), "matte.png": encoded("matte", matte),
               "layout.png": encoded("layout", layout), "json": json.dumps(told).encode()}  # fmt: skip
    return Sample(f"{number:06}", members)


def slow(settings, number):
    time.sleep(0.05)
    return quick(settings, number)


def failing(settings, number):
    if number == 4:
        raise ValueError("no such toy")
    return quick(settings, number)


def deadly(settings, number):
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return quick(settings, number)
