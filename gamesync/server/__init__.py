"""Twisted and Autobahn: sockets, timers, services."""
