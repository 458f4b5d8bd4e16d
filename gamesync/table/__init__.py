"""
The table app: the touch screen between two players, on Kivy.

Everything that knows what is to be shown is plain Python (``session``, ``flow``, ``seen``,
``shown``); ``ui`` draws it, and is the only part that imports Kivy.
"""
