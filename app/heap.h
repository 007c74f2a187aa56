// How the program holds memory.
#pragma once

namespace ddpm::app {

/// Keeps memory that was freed for the next tensor. Every step of training makes and frees the same tensors
/// of some megabytes; given back to the system each time, all their pages are zeroed again: a tenth of the
/// time.
void keep_freed_memory();

} // namespace ddpm::app
