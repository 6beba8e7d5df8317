"""KARL's experiment (arXiv 2509.05564) on a workspace's own labels and recorded answers, in and out of distribution."""
