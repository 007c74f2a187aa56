// How the kernels divide their work: columns into panels, the rest among the tensor workers.
#pragma once

#include "network/kernels/loops.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdint>
#include <memory>

namespace ddpm::network::kernels {

/// Panels that so many columns fill, the last one in part.
inline std::int64_t panels_of(std::int64_t columns) {
    return (columns + loops().panel - 1) / loops().panel;
}

/// Columns, those included that fill the last panel.
inline std::int64_t in_whole_panels(std::int64_t columns) {
    return panels_of(columns) * loops().panel;
}

/// Where part `part` of `parts` of `count` things begins.
inline std::int64_t share(std::int64_t count, std::int64_t part, std::int64_t parts) {
    return count * part / parts;
}

/// Into how many parts `count` things are worth dividing, `least` of them at least in each.
inline std::int64_t parts_of(std::int64_t count, std::int64_t least) {
    return std::clamp<std::int64_t>(count / least, 1, at::get_num_threads());
}
/// The same of rows of a small matrix.
inline std::int64_t parts_of_rows(std::int64_t rows) {
    return parts_of(rows, 64);
}

/// run(part) for each of `parts`, as far as possible at the same time.
template <typename Run>
void each_part(std::int64_t parts, const Run& run) {
    at::parallel_for(0, parts, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t part = begin; part < end; ++part)
            run(part);
    });
}

/// Memory of this thread, for as long as it lives: the workers need it in every layer.
inline float* scratch(std::int64_t floats) {
    thread_local std::unique_ptr<float[]> memory;
    thread_local std::int64_t size = 0;
    if (size < floats) {
        memory.reset(); // before the larger one is asked for
        size = 0;
        memory.reset(new float[static_cast<std::size_t>(floats)]);
        size = floats;
    }
    return memory.get();
}
inline float* scratch_bytes(std::int64_t bytes) {
    return scratch((bytes + 3) / 4);
}

} // namespace ddpm::network::kernels
