"""Pictures as training data: memory-mapped bytes of one size, in an order that can be resumed anywhere.

    catalogue ─pack.pack─▶ PACK/{pack.json, rows.jsonl, photo.u8, matte.u8, …} ─pictures.Pictures─▶ batches of tensors

Reading needs numpy and torch alone; packing opens picture files, and imports what that takes when it does.
"""
