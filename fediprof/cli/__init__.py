"""The command line, one file per noun. A door like the others: input to a request, `perform`, the outcome in words."""
