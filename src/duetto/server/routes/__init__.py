"""What is served where: one file for each protocol, and one for what is said about the server itself."""
