"""Our own history, run by asv: fits of shipped data, and the kernels under them."""
