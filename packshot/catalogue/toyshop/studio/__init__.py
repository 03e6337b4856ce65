"""Where the photo is taken: camera and lights, what the product stands on, the renderer, the camera's response."""
