"""The papers' experiments, on the workspace's own knowledge."""
