"""Speed and memory as ratios to what the same machine does otherwise. docs/benchmarks.md explains them."""
