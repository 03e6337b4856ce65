"""Writing in pictures: read by a text detector (an extra), or found by its strokes on a plain ground."""
