"""Sets of toyshop pictures: made in shards, split, shipped, and unpacked for training.

job.job(count, size, seed) ─shards.making.make─▶ shards ─shipped.toyshop()─▶ Pictures
"""
