// The data sets that can be fetched by name, and where they go.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace ddpm::data {

struct FetchedSet {
    std::string name;               ///< "cifar10"; also its folder
    std::string title;              ///< for people
    std::string address;            ///< of a .tar.gz
    std::uint64_t size = 0;         ///< of the archive, bytes
    std::string sha256;             ///< of the archive, 64 hexadecimal digits, small letters
    std::uint64_t unpacked = 0;     ///< the most bytes that may come out of it
    std::vector<std::string> files; ///< that must be there afterwards, as they are called in the archive
};

const std::vector<FetchedSet>& fetched_sets();

/// nullptr if there is none of that name.
const FetchedSet* find_fetched_set(const std::string& name);

/// $XDG_DATA_HOME/ddpm-lab/data/<name>, or below ~/.local/share where that is not set.
std::filesystem::path fetched_folder(const std::string& name);

} // namespace ddpm::data
