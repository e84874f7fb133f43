"""Models on their way to this machine, from wherever they can be had."""
