"""Pictures and longer pages."""
