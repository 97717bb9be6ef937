"""Seeded corruption: random valid annotations, many ways to break one, and what each must be caught with."""
