"""What runs when: sending an edition to its end, and the demonstration with its mail catcher."""
