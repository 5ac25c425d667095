"""The warehouse: the only writer of facts and rollups. It is handed the rollups it keeps."""
