"""What the browser asks for, done by the Lab, with a reply."""
