"""Where the rows of one delivery or of one day stand, and showing, hiding and dropping them."""
