"""Restoration without weights: noise, coding, blur, holes and frames, and the colour lock that every method passes."""
