// One file over HTTP or HTTPS, collected in a file that may hold its beginning already.
#pragma once

#include "ddpm/result.h"

#include <cstdint>
#include <functional>
#include <string>

namespace ddpm::data {

/// Appends to `file` (a descriptor, open for writing) what it lacks of the `size` bytes at `address`. A
/// server that cannot go on in the middle makes it start again; more than `size` bytes are an error, as is an
/// end before them, after which what came stays in the file. `watch` gets the size of the file so far;
/// `false` stops it.
Status download(const std::string& address, std::uint64_t size, int file,
                const std::function<bool(std::uint64_t)>& watch);

} // namespace ddpm::data
