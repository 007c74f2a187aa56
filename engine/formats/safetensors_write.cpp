#include "formats/atomic_file.h"
#include "formats/safetensors.h"
#include "formats/safetensors_header.h"
#include "formats/safetensors_layout.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <tuple>

namespace ddpm::formats {
namespace {

std::string json_text(const std::string& text) {
    return nlohmann::json(text).dump();
} // throws if it is not UTF-8

std::string header_text(const TensorList& tensors, const std::map<std::string, std::string>& metadata) {
    std::string text = "{";
    if (!metadata.empty()) {
        text += "\"__metadata__\":{";
        for (const auto& [key, value] : metadata)
            text += json_text(key) + ":" + json_text(value) + ",";
        text.back() = '}';
        text += ',';
    }
    std::uint64_t at = 0;
    for (const auto& [name, tensor] : tensors) {
        const std::uint64_t end = at + tensor.nbytes();
        const auto shape = tensor.sizes();
        text += fmt::format("{}:{{\"dtype\":\"{}\",\"shape\":[{}],\"data_offsets\":[{},{}]}},",
                            json_text(name), dtype_name(tensor.scalar_type()),
                            fmt::join(shape.begin(), shape.end(), ","), at, end);
        at = end;
    }
    if (text.back() == ',') text.pop_back();
    text += '}';
    text.resize((text.size() + 7) / 8 * 8, ' ');
    return text;
}

std::string naming_problem(const TensorList& in_order) {
    std::vector<std::string> names;
    for (const auto& [name, tensor] : in_order) {
        if (name == "__metadata__") return "a tensor cannot be called __metadata__";
        if (dtype_name(tensor.scalar_type()).empty())
            return fmt::format("the tensor \"{}\" has the dtype {}, which is not supported", name,
                               torch::toString(tensor.scalar_type()));
        names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    const auto twice = std::adjacent_find(names.begin(), names.end());
    return twice == names.end() ? std::string() : fmt::format("two tensors are called \"{}\"", *twice);
}

} // namespace

TensorList in_file_order(const TensorList& tensors) {
    const torch::NoGradGuard no_grad;
    TensorList ordered;
    ordered.reserve(tensors.size());
    for (const auto& [name, tensor] : tensors)
        ordered.emplace_back(name, tensor.detach().to(torch::kCPU).contiguous());
    std::sort(ordered.begin(), ordered.end(), [](const auto& a, const auto& b) {
        return std::make_tuple(-a.second.element_size(), std::cref(a.first)) <
               std::make_tuple(-b.second.element_size(), std::cref(b.first));
    });
    return ordered;
}

std::uint32_t data_crc32(const TensorList& in_order) {
    uLong sum = crc32_z(0, nullptr, 0);
    for (const auto& [name, tensor] : in_order)
        if (tensor.numel() > 0)
            sum = crc32_z(sum, static_cast<const Bytef*>(tensor.data_ptr()), tensor.nbytes());
    return static_cast<std::uint32_t>(sum);
}

Status write_safetensors(const std::filesystem::path& file, const TensorList& tensors,
                         const std::map<std::string, std::string>& metadata) {
    const TensorList ordered = in_file_order(tensors);
    if (std::string problem = naming_problem(ordered); !problem.empty())
        return Error{std::move(problem), file.string(), "rename or convert that tensor"};
    std::string header;
    try {
        header = header_text(ordered, metadata);
    } catch (const nlohmann::json::exception&) {
        return Error{"a name or a metadata text is not UTF-8", file.string(), "rename it"};
    }
    if (header.size() > largest_header)
        return Error{"there are too many tensors for one file", file.string(),
                     "split them over several files"};

    Result<AtomicFile> output = AtomicFile::create(file);
    if (!output) return output.error();
    const std::uint64_t header_size = header.size();
    char prefix[sizeof header_size];
    std::memcpy(prefix, &header_size, sizeof header_size); // little-endian, as asserted by the reader
    if (Status written = output->write(prefix, sizeof prefix); !written) return written;
    if (Status written = output->write(header.data(), header.size()); !written) return written;
    for (const auto& [name, tensor] : ordered)
        if (Status written = output->write(tensor.data_ptr(), tensor.nbytes()); !written) return written;
    return output->commit();
}

} // namespace ddpm::formats
