"""The professional profile: entries, who may read which part of them, and what was opened to whom."""
