"""The guard: who may do what, on which rows, under which condition."""
