// Fetches a data set by name: download, check, unpack.
#pragma once

#include "data/fetched_sets.h"
#include "ddpm/result.h"

#include <cstdint>
#include <filesystem>
#include <functional>

namespace ddpm::data {

struct FetchProgress {
    enum class Stage { downloading, checking, unpacking };
    Stage stage = Stage::downloading;
    std::uint64_t done = 0, total = 0; ///< bytes of this stage; of `unpacking` the total is an upper bound
};

/// Called often, from the thread that fetches; `false` cancels.
using FetchWatch = std::function<bool(const FetchProgress&)>;

/// Whether all files of the set are in `folder`.
bool is_fetched(const FetchedSet& set, const std::filesystem::path& folder);

/// Afterwards `folder` holds the set; nothing is done when it does already. The archive is first collected in
/// "<folder>.part" beside it, where a later call goes on after a cut line, an error or a cancel. Only when
/// its size and SHA-256 are right is it unpacked, and only when it is complete does it get its name. Blocks;
/// the watch is called at least once a second. HTTP and HTTPS; proxies as the environment names them.
///
/// Errors: what the server or the line said, a wrong checksum (the file is then deleted, to start afresh), a
/// full disk, another process that fetches the same, something else in `folder`, cancelled.
Status fetch_set(const FetchedSet& set, const std::filesystem::path& folder, const FetchWatch& watch = {});

} // namespace ddpm::data
