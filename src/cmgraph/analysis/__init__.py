"""The graph as a network: projections, measures, paths, comparisons and timelines."""
