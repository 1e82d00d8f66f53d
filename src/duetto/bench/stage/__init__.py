"""What an item's camera and screen show: figures, rooms and pages, drawn from a track, with the truth about them."""
