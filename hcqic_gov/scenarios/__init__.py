"""Operating and funding models of the centre, appraised the way the Green Book asks."""
