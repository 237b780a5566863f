"""First private messages of about the same text to several people: told to those who got them, to whom it concerns here before
they send, and counted for whoever runs the server. Nothing is stopped by it; no text is kept, nothing is shared with others.
"""
