#include "ddpm/chain_state.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

namespace ddpm {
namespace {

/// round((v + range) / (2 range) · 255), clamped; what is not a number is the middle, as zero is.
std::uint8_t byte_of(float value, float range) {
    if (std::isnan(value)) value = 0;
    const float scaled = (std::clamp(value, -range, range) + range) * (255 / (2 * range));
    return static_cast<std::uint8_t>(scaled + 0.5F);
}

const std::vector<std::uint16_t>& halves(const ChainState& state, ChainPart part) {
    return part == ChainPart::x0_hat ? state.x0_hat : state.epsilon;
}

/// At t = 0 the belief is the picture.
bool is_x(const ChainState& state, ChainPart part) {
    return part == ChainPart::x || (part == ChainPart::x0_hat && state.x0_hat.empty());
}

std::vector<float> values_of(const ChainState& state, ChainPart part, std::size_t first, std::size_t count) {
    std::vector<float> values(count);
    if (is_x(state, part)) {
        std::copy_n(state.x.begin() + static_cast<std::ptrdiff_t>(first), count, values.begin());
    } else {
        const std::uint16_t* from = halves(state, part).data() + first;
        std::transform(from, from + count, values.begin(), from_half);
    }
    return values;
}

} // namespace

std::uint16_t to_half(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const auto sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000U);
    const std::uint32_t size = bits & 0x7fffffffU;
    if (size > 0x7f800000U) return static_cast<std::uint16_t>(sign | 0x7e00U);  // not a number
    if (size >= 0x477ff000U) return static_cast<std::uint16_t>(sign | 0x7c00U); // 65,520 and more
    if (size < 0x38800000U) { // below 2^-14: subnormal, a whole number of 2^-24
        const float magnitude = std::bit_cast<float>(size);
        return static_cast<std::uint16_t>(sign |
                                          static_cast<std::uint32_t>(std::nearbyint(magnitude * 0x1p24F)));
    }
    const std::uint32_t rebased = size - 0x38000000U; // exponent bias 127 -> 15
    return static_cast<std::uint16_t>(sign | ((rebased + 0xfffU + ((rebased >> 13) & 1U)) >> 13));
}

float from_half(std::uint16_t bits) {
    const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000U) << 16;
    const std::uint32_t size = bits & 0x7fffU;
    if (size >= 0x7c00U) return std::bit_cast<float>(sign | 0x7f800000U | ((size & 0x3ffU) << 13));
    if (size < 0x0400U) {
        const float magnitude = static_cast<float>(size) * 0x1p-24F;
        return sign ? -magnitude : magnitude;
    }
    return std::bit_cast<float>(sign | ((size << 13) + 0x38000000U));
}

Drawable to_drawable(const ItemShape& shape, const float* values, double range) {
    Drawable drawable;
    if (shape.is_points()) {
        drawable.points.xy.assign(values, values + shape.values());
        return drawable;
    }
    PictureStack& stack = drawable.pictures;
    stack.count = shape.count;
    stack.height = shape.height;
    stack.width = shape.width;
    stack.channels = shape.channels;
    stack.bytes.resize(shape.values());
    const auto limit = static_cast<float>(range);
    std::transform(values, values + shape.values(), stack.bytes.begin(),
                   [limit](float value) { return byte_of(value, limit); });
    return drawable;
}

float ChainState::value(ChainPart part, std::size_t offset) const {
    if (!has(part) || offset >= shape.values()) return 0;
    return is_x(*this, part) ? x[offset] : from_half(halves(*this, part)[offset]);
}

std::vector<float> ChainState::item(ChainPart part, int item) const {
    if (!has(part) || item < 0 || item >= shape.count) return {};
    return values_of(*this, part, static_cast<std::size_t>(item) * shape.item_values(), shape.item_values());
}

Drawable ChainState::drawable(ChainPart part, int item) const {
    if (!has(part) || item >= shape.count) return {};
    ItemShape shown = shape;
    if (item >= 0) shown.count = 1;
    const std::size_t first = item < 0 ? 0 : static_cast<std::size_t>(item) * shape.item_values();
    const double range = part == ChainPart::epsilon ? noise_range : data_range;
    if (is_x(*this, part)) return to_drawable(shown, x.data() + first, range);
    return to_drawable(shown, values_of(*this, part, first, shown.values()).data(), range);
}

std::size_t ChainState::bytes() const {
    return sizeof(ChainState) + x.size() * sizeof(float) +
           (x0_hat.size() + epsilon.size()) * sizeof(std::uint16_t);
}

ChainState make_chain_state(int t, const ItemShape& shape, std::vector<float> x,
                            const std::vector<float>& x0_hat, const std::vector<float>& epsilon,
                            double sigma) {
    ChainState state;
    state.t = t;
    state.shape = shape;
    state.x = std::move(x);
    state.sigma = sigma;
    state.x0_hat.resize(x0_hat.size());
    state.epsilon.resize(epsilon.size());
    std::transform(x0_hat.begin(), x0_hat.end(), state.x0_hat.begin(), to_half);
    std::transform(epsilon.begin(), epsilon.end(), state.epsilon.begin(), to_half);
    return state;
}

} // namespace ddpm
