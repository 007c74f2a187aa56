// Carries the precompiled torch header that the tests reuse.
