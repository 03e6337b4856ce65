"""One objective a file: adversarial, variational, classification."""
