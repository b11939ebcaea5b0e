"""Operations: everything that can be asked of a ledger, one class each, one file a noun."""
