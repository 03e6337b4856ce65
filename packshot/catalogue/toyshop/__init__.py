"""Toyshop: a procedural world of toys, path-traced, with exact ground truth (extra `synth`). The door is `world`.

world      a picture by its number: described, rendered, developed
families   categories: proportions, parts and counts
scenes     choices, words, set, light, rays and layers of a picture
sets       shards of many pictures, the set that ships
samples    the sixteen photographs that ship with the package, an older workshop of its own
geometry, paint, studio   what all of them share
"""
