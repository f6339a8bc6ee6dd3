"""Whatever dies or fails, nothing is lost, doubled or half visible: whole commands, processes, networks, lakes."""
