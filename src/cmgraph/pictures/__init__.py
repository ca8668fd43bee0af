"""Networks, things, matrices, timelines and flows, drawn."""
