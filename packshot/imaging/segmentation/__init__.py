"""What in a photo is product, without a network: border model, GrabCut, shadows, confidence."""
