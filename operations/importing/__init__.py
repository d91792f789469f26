"""The imports of several apps' data, as commands run them."""
