"""Layer 5: one loop that trains every network, and the objectives it trains them on. Sibling: operations."""
