"""How a toyshop picture comes about: choices (`sampling`), words (`wording`), set, light, rays and layers."""
