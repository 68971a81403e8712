"""The comparison knowledge base: facts, rules and words as data, and the code that reads and checks them."""
