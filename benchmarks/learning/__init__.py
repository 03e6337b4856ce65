"""What training reaches: long measurements, run only when named, in pieces if wanted.

    PACKSHOT_DATA=… python -m benchmarks survey [--seconds 600] [--out out/bench]

Every row is appended to OUT/NAME.jsonl when it is done and skipped afterwards; a row that was cut off goes on from its
last saved state. Budgets are processor seconds of one thread, spent on training steps alone, so that other work on the
machine does not decide; grids, drawing and measuring are not counted.
"""
