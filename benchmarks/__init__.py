"""Speed and quality, measured. Each module runs by itself: `python -m benchmarks.NAME`."""
