"""The Mastodon client API: one door for the apps people already have. What is not built answers 404 with a JSON error."""
