"""Layer 3: losses as functions of tensors. Weights are applied where losses are summed; networks come as arguments."""
