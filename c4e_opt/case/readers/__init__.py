"""Other people's formats as cases, a file each."""
