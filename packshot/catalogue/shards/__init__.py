"""Shards: many pictures with their truth in a few tar files (the WebDataset layout), and an index with checksums.

    NAME-00000.tar         KEY.photo.webp, KEY.matte.png, KEY.layout.png, KEY.json, …: a sample is what shares a KEY
    NAME-00000.tar.xz      the same, packed: see `folding`
    index.json             shards in order: name, samples, first key, bytes, SHA-256; and what they hold

A shard is written beside its place, synced, and renamed; one that is missing or does not have its checksum is named
with what is lost and skipped. Any tar reader opens them, and so does the `webdataset` library.
"""
