"""A simulated team whose labeling tools, history and problems are known."""
