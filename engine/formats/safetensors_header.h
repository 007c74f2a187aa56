// The JSON header of a safetensors file: parsed strictly, checked against the size of the file.
#pragma once

#include "ddpm/result.h"

#include <torch/torch.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ddpm::formats {

constexpr std::uint64_t largest_header = 100'000'000; ///< bytes

struct TensorEntry {
    std::string name;
    torch::Dtype dtype = torch::kFloat;
    std::vector<std::int64_t> shape;
    std::uint64_t begin = 0; ///< bytes from the start of the data
    std::uint64_t end = 0;
};

struct SafetensorsHeader {
    std::vector<TensorEntry> entries; ///< in the order of their data
    std::map<std::string, std::string> metadata;
};

/// `data_size` is what the file holds after the header: the entries must fill it without hole or overlap.
/// The error has no `where`: the caller knows the file.
Result<SafetensorsHeader> parse_safetensors_header(const std::string& text, std::uint64_t data_size);

/// "F32" and so on; empty for a dtype that the format or this program does not have.
std::string_view dtype_name(torch::Dtype dtype);

} // namespace ddpm::formats
