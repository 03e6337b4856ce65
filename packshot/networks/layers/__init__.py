"""Blocks and conventions that more than one network uses. Know no task, file, device or loss."""
