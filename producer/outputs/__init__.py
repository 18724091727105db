"""Delivery: folders, archives, the preview page, and a survey of how lessons came out."""
