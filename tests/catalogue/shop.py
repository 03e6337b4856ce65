"""Small shops on disk for the tests: pictures drawn by code, tables written by hand."""

import csv
import io
import json
import zipfile

import numpy as np
from PIL import Image


def picture(seed=0, size=(24, 16), kind="PNG", **options):
    """Bytes of a small picture; another seed, another picture."""
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8)
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, kind, **options)
    return data.getvalue()


def files(root, **contents):
    """Write files (`{"a/1.png": seed | bytes | text}`) and give the folder."""
    return put(root, contents)


def put(root, contents):
    root.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, int):
            content = picture(content)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def table(path, header, *rows, encoding="utf-8", delimiter=","):
    """Write a CSV and give its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(header)
        writer.writerows(rows)
    return path


def jsonl(path, *objects):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(o, ensure_ascii=False) + "\n" for o in objects), encoding="utf-8")
    return path


def zipped(path, contents):
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, picture(content) if isinstance(content, int) else content)
    return path


def told(problems):
    """(row, field, reason) of problems, for comparing at a glance."""
    return [(p.row, p.field, p.reason) for p in problems]
