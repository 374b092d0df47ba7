"""What `bench.plan` measures: each step in a process of its own, and how long others wait for the database meanwhile."""
