"""Layer 7: marketplaces and ad slots: channels as data, check, fit, listing, and the feeds that go out."""
