"""The conversation engine and the decision model; knows no chat platform."""
