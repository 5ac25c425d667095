"""A simulated labeling team that works in Label Studio's own tables, with a planted story."""
