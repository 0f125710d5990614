"""Whole paths run as experiments."""
