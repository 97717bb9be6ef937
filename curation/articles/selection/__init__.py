"""Which articles go to annotators, and to how many of them."""
