"""What each event type does to the record: one small function a type, none of which can refuse.

Guards have spoken when the event was written; here status is what the last status event says, appends
always apply, and a reference to something unknown or removed is without effect.
"""

from gitledger.model.apply_book import BOOK
from gitledger.model.apply_plan import PLANNING
from gitledger.model.apply_relations import RELATIONS
from gitledger.model.apply_talk import TALK
from gitledger.model.apply_task import LIFE
from gitledger.model.apply_work import WORK
from gitledger.model.applying import Apply

APPLY: dict[str, Apply] = {**LIFE, **PLANNING, **WORK, **RELATIONS, **TALK}
APPLY_BOOK: dict[str, Apply] = {**BOOK}
