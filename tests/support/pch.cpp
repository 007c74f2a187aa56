// Carries the precompiled header (torch and Qt Test) that the tests reuse.
