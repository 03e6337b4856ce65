"""What a network sees and what it is doing: feature maps, maps of attention with their tests, walks through codes.

Networks come in as arguments and are only watched, by hooks: no network file knows of this folder.
"""
