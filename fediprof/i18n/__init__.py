"""What people read, in their language: catalogues, dates in words, the choice of a language. Pure; pages are `web`'s."""
