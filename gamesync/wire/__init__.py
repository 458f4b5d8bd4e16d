"""The protocol as types: bytes to messages and back, with its error and close codes. Pure."""
