"""What is drawn: the only part of the app that imports Kivy."""
