"""What is delivered: folders, archives, the preview page."""
