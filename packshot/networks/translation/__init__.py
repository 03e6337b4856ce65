"""Pictures to pictures: translators and what judges them."""
