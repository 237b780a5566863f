"""A profile in and out of files: JSON Resume, LinkedIn's archive, an account's own archive, vCard. What comes in lands for
its owner alone and is delivered to nobody; what goes out is made of what its reader may read."""
