"""What is to be rendered, and by whom."""
