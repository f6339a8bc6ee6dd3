"""Web: questions and their answers in the browser, and as JSON."""
