"""What findings look like: lines for a terminal, and a page that stands by itself."""
