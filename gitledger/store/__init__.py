"""Everything that touches the repository through libgit2, and the local index."""
