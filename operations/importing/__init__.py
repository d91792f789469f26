"""The imports as an operator starts them: over the apps that each of them fills."""
