// Zip archives put together by hand, so that tests can also make wrong ones.
#pragma once

#include "../formats/files.h"

#include <zlib.h>

#include <cstdint>
#include <string>
#include <vector>

struct ZipPart {
    std::string name;
    std::string content;
    bool deflated = true;
    std::uint64_t said_size = 0; ///< 0: the true one
};

inline std::string deflated(const std::string& bytes, int window_bits) {
    z_stream stream{};
    deflateInit2(&stream, 9, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
    std::string packed(deflateBound(&stream, bytes.size()) + 64, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
}

inline std::string gzipped(const std::string& bytes) {
    return deflated(bytes, MAX_WBITS + 16);
}

/// `flags` goes into every entry of the table of contents.
inline std::string zip_bytes(const std::vector<ZipPart>& parts, std::uint64_t flags = 0) {
    std::string file, contents;
    for (const ZipPart& part : parts) {
        const std::string packed = part.deflated ? deflated(part.content, -MAX_WBITS) : part.content;
        const auto crc = crc32(0, reinterpret_cast<const Bytef*>(part.content.data()),
                               static_cast<uInt>(part.content.size()));
        const std::uint64_t size = part.said_size ? part.said_size : part.content.size();
        const bool wide = size >= 0xFFFF'FFFF; // then the true size stands in a zip64 field
        const std::string extra =
            wide ? little_endian(1, 2) + little_endian(8, 2) + little_endian(size, 8) : "";
        const std::string shared = little_endian(45, 2) + little_endian(flags, 2) +
                                   little_endian(part.deflated ? 8 : 0, 2) + little_endian(0, 4) +
                                   little_endian(crc, 4) + little_endian(packed.size(), 4) +
                                   little_endian(wide ? 0xFFFF'FFFF : size, 4) +
                                   little_endian(part.name.size(), 2) + little_endian(extra.size(), 2);
        contents += "PK\1\2" + little_endian(45, 2) + shared + little_endian(0, 2) + little_endian(0, 2) +
                    little_endian(0, 2) + little_endian(0, 4) + little_endian(file.size(), 4) + part.name +
                    extra;
        file += "PK\3\4" + shared + part.name + extra + packed;
    }
    const std::string end = "PK\5\6" + little_endian(0, 2) + little_endian(0, 2) +
                            little_endian(parts.size(), 2) + little_endian(parts.size(), 2) +
                            little_endian(contents.size(), 4) + little_endian(file.size(), 4) +
                            little_endian(0, 2);
    return file + contents + end;
}
