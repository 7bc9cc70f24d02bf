// Nothing: a precompiled header belongs to something that is compiled.
