"""The author's side: read lessons, plan them, submit them, watch them."""
