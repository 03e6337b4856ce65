"""What a check looks at: a file's own facts, its pixels, where ground and product lie, writing, lines, sharpness."""
