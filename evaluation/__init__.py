"""Predictions against truth: metrics, intervals, the report and its plots. No torch."""
