"""The platform as a person meets it: started by `acme up`, looked at in a real browser."""
