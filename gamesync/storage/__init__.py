"""Durable games behind one small interface."""
