"""Search in a catalogue's pictures by words and by likeness.

catalogue + encoder ─index.refreshed─▶ vectors kept beside the catalogue ─search.find─▶ products, best first
"""
