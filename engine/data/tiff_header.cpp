#include "data/picture_header.h"

namespace ddpm::data {
namespace {

enum Tag : std::uint32_t {
    image_width = 256,
    image_length = 257,
    strip_offsets = 273,
    strip_byte_counts = 279,
    tile_offsets = 324,
    tile_byte_counts = 325,
    extra_samples = 338,
};

class Directory {
public:
    Directory(const ByteView& file, bool little, std::uint64_t at) : file_(file), little_(little), at_(at) {}

    struct Field {
        std::uint32_t count = 0;
        int width = 0;            ///< bytes a value
        std::uint64_t values = 0; ///< where they are
    };

    std::optional<Field> find(std::uint32_t tag) const {
        const auto entries = file_.number(at_, 2, little_);
        for (std::uint32_t i = 0; entries && i < *entries; ++i) {
            const std::uint64_t entry = at_ + 2 + 12 * std::uint64_t{i};
            const auto name = file_.number(entry, 2, little_), type = file_.number(entry + 2, 2, little_);
            const auto count = file_.number(entry + 4, 4, little_),
                       offset = file_.number(entry + 8, 4, little_);
            if (!name || !type || !count || !offset) return std::nullopt;
            if (*name != tag) continue;
            const int width = *type == 3 ? 2 : *type == 1 ? 1 : 4; // SHORT, BYTE, LONG
            const bool inside = std::uint64_t{*count} * static_cast<std::uint64_t>(width) <= 4;
            return Field{*count, width, inside ? entry + 8 : std::uint64_t{*offset}};
        }
        return std::nullopt;
    }

    std::optional<std::uint32_t> value(const Field& field, std::uint32_t index) const {
        const auto width = static_cast<std::uint64_t>(field.width);
        return file_.number(field.values + width * index, field.width, little_);
    }

private:
    const ByteView& file_;
    bool little_;
    std::uint64_t at_;
};

/// Every strip (or tile) lies within the file.
bool data_complete(const Directory& directory, std::uint64_t size, std::uint32_t offsets_tag,
                   std::uint32_t counts_tag) {
    const auto offsets = directory.find(offsets_tag), counts = directory.find(counts_tag);
    if (!offsets || !counts || offsets->count == 0 || offsets->count != counts->count) return false;
    for (std::uint32_t i = 0; i < offsets->count; ++i) {
        const auto offset = directory.value(*offsets, i), count = directory.value(*counts, i);
        if (!offset || !count || std::uint64_t{*offset} + *count > size) return false;
    }
    return true;
}

} // namespace

std::optional<PictureHeader> read_tiff_header(const ByteView& file) {
    const bool little = file.has(0, "II", 2);
    const auto start = file.number(4, 4, little);
    if (!start) return std::nullopt;
    const Directory directory(file, little, *start);
    const auto width = directory.find(image_width), height = directory.find(image_length);
    if (!width || !height) return std::nullopt;
    const auto columns = directory.value(*width, 0), rows = directory.value(*height, 0);
    if (!columns || !rows) return std::nullopt;
    PictureHeader header{PictureFormat::tiff, *columns, *rows, directory.find(extra_samples).has_value(),
                         false};
    header.complete = data_complete(directory, file.size(), strip_offsets, strip_byte_counts) ||
                      data_complete(directory, file.size(), tile_offsets, tile_byte_counts);
    return header;
}

} // namespace ddpm::data
