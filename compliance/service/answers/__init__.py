"""Questions of people and pages, answered at once or in the background."""
