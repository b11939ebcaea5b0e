"""`python -m gitledger.githooks HOOK ARGS…`; importing this runs a hook and ends the process."""

import gc

# A hook ends before anything is worth collecting.
gc.disable()

from gitledger.githooks.main import main  # noqa: E402
from gitledger.leave import leave  # noqa: E402

leave(main())
