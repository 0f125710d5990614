"""Labelled folders and CSV files, turned into samples with a split."""
