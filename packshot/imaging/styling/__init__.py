"""Style without networks: colour transfers, drawn patterns, what must stay, where to style, frames along a flow."""
