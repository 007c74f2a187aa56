#include "formats/input_file.h"
#include "formats/safetensors.h"
#include "formats/safetensors_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <string_view>

namespace ddpm::formats {
namespace {

static_assert(std::endian::native == std::endian::little,
              "safetensors data are little-endian and read as they are");

constexpr std::string_view lfs_pointer = "version https://git-lfs.github.com/spec/";

/// A torch bool that is neither 0 nor 1 is undefined behaviour.
bool all_zero_or_one(const torch::Tensor& tensor) {
    const auto* bytes = static_cast<const unsigned char*>(tensor.data_ptr());
    return std::all_of(bytes, bytes + tensor.numel(), [](unsigned char byte) { return byte <= 1; });
}

Result<SafetensorsFile> read_checked(const InputFile& input) {
    const char* const damaged = "get the file again: it looks cut off or is of another kind";
    const std::uint64_t size = input.size();
    std::string start(static_cast<std::size_t>(std::min<std::uint64_t>(size, lfs_pointer.size())), '\0');
    if (Status read = input.read(0, start.data(), start.size()); !read) return read.error();
    if (start == lfs_pointer)
        return Error{
            "it is a Git-LFS pointer, a note where the weights are, not the weights",
            {},
            "fetch the real file: run \"git lfs pull\" in that repository, or download it by itself"};
    if (size < 8)
        return Error{fmt::format("it has {} bytes, too few for a safetensors file", size), {}, damaged};

    std::uint64_t header_size = 0;
    if (Status read = input.read(0, &header_size, sizeof header_size); !read) return read.error();
    if (header_size > largest_header)
        return Error{fmt::format("the header says that it has {} bytes; at most {} are allowed", header_size,
                                 largest_header),
                     {},
                     damaged};
    if (header_size > size - 8)
        return Error{fmt::format("the header says that it has {} bytes, the file has {}", header_size, size),
                     {},
                     damaged};
    std::string text(static_cast<std::size_t>(header_size), '\0');
    if (Status read = input.read(8, text.data(), text.size()); !read) return read.error();
    Result<SafetensorsHeader> header = parse_safetensors_header(text, size - 8 - header_size);
    if (!header) return header.error();

    SafetensorsFile file;
    file.metadata = std::move(header->metadata);
    file.tensors.reserve(header->entries.size());
    for (TensorEntry& entry : header->entries) {
        torch::Tensor tensor = torch::empty(entry.shape, torch::TensorOptions(entry.dtype));
        const auto bytes = static_cast<std::size_t>(entry.end - entry.begin);
        if (Status read = input.read(8 + header_size + entry.begin, tensor.data_ptr(), bytes); !read)
            return read.error();
        if (entry.dtype == torch::kBool && !all_zero_or_one(tensor))
            return Error{
                fmt::format("the tensor \"{}\" of truth values holds other values", entry.name), {}, damaged};
        file.tensors.emplace_back(std::move(entry.name), std::move(tensor));
    }
    return file;
}

} // namespace

const torch::Tensor* find(const TensorList& tensors, const std::string& name) {
    for (const auto& [candidate, tensor] : tensors)
        if (candidate == name) return &tensor;
    return nullptr;
}

const torch::Tensor* SafetensorsFile::find(const std::string& name) const {
    return formats::find(tensors, name);
}

Result<SafetensorsFile> read_safetensors(const std::filesystem::path& file) {
    Result<InputFile> input = InputFile::open(file);
    if (!input) return input.error();
    try {
        Result<SafetensorsFile> result = read_checked(*input);
        if (result) return result;
        Error error = result.error();
        error.where = file.string();
        return error;
    } catch (const std::exception&) { // std::bad_alloc, or torch's own word for it
        return Error{fmt::format("there is not enough memory to read its {} bytes", input->size()),
                     file.string(), "close other programs or use a smaller model"};
    }
}

} // namespace ddpm::formats
