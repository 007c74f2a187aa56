// Carries the precompiled torch header that every room of the engine reuses.
