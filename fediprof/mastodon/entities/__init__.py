"""What client apps read, as plain dicts: `render` functions are pure, every documented key is there, ids are text."""
