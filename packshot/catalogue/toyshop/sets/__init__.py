"""Sets of toyshop pictures: made in shards, split, shipped, and unpacked for training.

samples.job(count, size, seed) ─shards.making.make─▶ shards ─shipped.toyshop()─▶ Pictures
"""
