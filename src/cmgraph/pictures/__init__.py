"""Networks, things, matrices, timelines, flows, charts and maps, drawn."""
