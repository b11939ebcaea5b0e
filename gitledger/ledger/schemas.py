"""The configuration file of task-orchestrator-py: found and read where that program looks for it."""

import os

from gitledger.model.schemafile import FILES, OutsideTypes, parse_schemas
from gitledger.store.repo import Repository, read_plain_file


def read_outside_types(repo: Repository, named: str | None, folder: str) -> OutsideTypes:
    """The types of the file `named` (seen from `folder`), else of the project's own; none where there is no such file.

    A file that was named and is not there stands for no types: the project's own is not looked for then.
    """
    if named is not None:
        data = read_plain_file(os.path.realpath(os.path.join(folder, named)), named)
        return OutsideTypes(named, parse_schemas(data, named)) if data is not None else OutsideTypes()
    for name in FILES:
        data = repo.project_file(name)
        if data is not None:
            return OutsideTypes(name, parse_schemas(data, name))
    return OutsideTypes()
