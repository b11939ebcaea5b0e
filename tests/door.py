"""A plan that whoever needs any plan at all can propose."""

PLAN = """\
---
goal: Mend the door.
files: [door.py]
test_commands: [pytest -q]
expected_outputs: [passed]
acceptance_criteria: [The door shuts.]
todos:
  - text: Edit door.py so that it shuts.
    validation_hint: Run pytest.
---
Oil the hinges.
"""
