"""What can be measured: anything that hears a user and speaks."""
