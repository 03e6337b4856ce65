"""Training pictures for cutting out, composed as they are needed: cut-outs on grounds, with exact opacity.

`stock` holds cut-outs, grounds and whole scenes; `gathering` fills one from catalogues, packs, folders and code;
`placing`, `grounds`, `light` and `camera` are the steps of a picture; `picture` is the recipe; `streams` are what a
training loop takes from.
"""
