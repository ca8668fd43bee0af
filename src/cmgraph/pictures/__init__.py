"""Drawings of networks, things, matrices, timelines, flows, charts and maps."""
