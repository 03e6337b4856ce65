"""Light and colour of a photo: cast, exposure, dust, and the colour of materials."""
