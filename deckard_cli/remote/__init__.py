"""Services that others run: who is asked, with whose key, how often again, and what their answers mean."""
