"""Writing emails: from decisions to a letter, and through the force's templates to text and HTML."""
