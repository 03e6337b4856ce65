"""What keeps the service safe: keys and scopes, rates, limits of bodies, memory, addresses, headers, logs."""
