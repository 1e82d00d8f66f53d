"""A brain with any language model behind an OpenAI-compatible server."""
