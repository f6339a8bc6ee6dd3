"""Commands for whoever makes something new of the project: look at data, write the files, try them."""
