"""Text between people and machines: remote HTML made safe, a member's text made HTML, language tags. Pure."""
