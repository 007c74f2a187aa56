// The house of ARCHITECTURE.md as rules that can fail: who may include whom, how long a file may be, where
// packages are named.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ddpm::test {

/// What is wrong with one file, each as "engine/network/unet.cpp:7: why". `path` is relative to the top of
/// the tree.
std::vector<std::string> check_source(std::string_view path, std::string_view text);

/// The same for every source file of engine/, ui/ and app/, and package names in build files. `files` counts
/// what was read.
std::vector<std::string> check_tree(const std::filesystem::path& root, int& files);

/// Names of packages that stand in a text, of those in `packages` that are no ordinary words ("cmake" is
/// one).
std::vector<std::string> packages_named_in(std::string_view text, const std::vector<std::string>& packages);

/// The packages of packaging/dependencies.
std::vector<std::string> read_dependencies(const std::filesystem::path& file);

} // namespace ddpm::test
