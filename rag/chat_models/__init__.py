"""Language models: in this process, on a server or hosted, each held to its limits."""
