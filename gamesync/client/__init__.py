"""What every Python client of gamesync uses."""
