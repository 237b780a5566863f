"""What the scenarios stand on: a small internet on loopback, servers in it, people who use them."""
