"""What ACME adds to the command line `acme`: its demo and its generated deliveries."""
