"""Speed, measured as a ratio against a peer in the same run or in CPU seconds; never in the tests."""
