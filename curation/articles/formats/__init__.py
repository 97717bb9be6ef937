"""One module a kind of file: each yields the articles in it, and in their places what had to be refused."""
