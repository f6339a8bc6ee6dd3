"""Commands about what goes on until it is stopped: the platform, questions in the browser, the servers behind both."""
