"""What the end-to-end tests share: the real programs, started on free ports in a directory of their own."""
