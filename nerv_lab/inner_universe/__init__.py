"""The durable side: the client contract, its backends, and the bridge to the event bus."""
