"""A repository that reads everything and keeps nothing: what is written to it goes into a folder that is thrown away."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import os

import pygit2

from gitledger.store.repo import Repository


@contextmanager
def scratch(repo: Repository, environ: Mapping[str, str]) -> Iterator[Repository]:
    """`repo` for trying something out: objects written to its `pg` vanish; its refs must not be moved."""
    import tempfile  # slow to import

    with tempfile.TemporaryDirectory(prefix="gitledger-", ignore_cleanup_errors=True) as folder:
        # What is given here is no more than what was opened before, so its owner is not asked again.
        pg = pygit2.Repository(repo.pg.path)
        objects = pygit2.Odb(folder)
        objects.add_disk_alternate(os.path.join(repo.common_dir, "objects"))
        pg.set_odb(objects)
        yield Repository(repo.git_dir, repo.common_dir, repo.work_tree, environ, pg=pg)
