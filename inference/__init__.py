"""Answers from a model file: card, pictures, preprocessing, session, classifier. No torch."""
