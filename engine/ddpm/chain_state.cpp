#include "ddpm/chain_state.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <utility>

namespace ddpm {
namespace {

/// round((v + range) / (2 range) · 255), clamped; what is not a number is the middle, as zero is. Written
/// without branches and references: the compiler turns the loop over it into vectors.
std::uint8_t byte_of(float value, float range, float scale) {
    value = std::isnan(value) ? 0 : value;
    value = value < -range ? -range : value;
    value = value > range ? range : value;
    return static_cast<std::uint8_t>(static_cast<int>((value + range) * scale + 0.5F));
}

void to_bytes(const float* values, std::size_t count, float range, std::uint8_t* bytes) {
    const float scale = 255 / (2 * range);
    for (std::size_t i = 0; i < count; ++i)
        bytes[i] = byte_of(values[i], range, scale);
}

/// Here, where the compiler can put it into the loops that call it, rather than in from_half().
float widened(std::uint16_t half) {
    // In a float's place a half's exponent is 112 too small; a product puts that right, for subnormals too.
    // What is at and beyond infinity keeps its fraction and takes a float's largest exponent.
    const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000U) << 16;
    const std::uint32_t size = static_cast<std::uint32_t>(half & 0x7fffU) << 13;
    const auto finite = std::bit_cast<std::uint32_t>(std::bit_cast<float>(size) * 0x1p112F);
    return std::bit_cast<float>(finite | sign | (size >= 0x0f800000U ? 0x7f800000U : 0U));
}

void widen(const std::uint16_t* halves, std::size_t count, float* floats) {
    for (std::size_t i = 0; i < count; ++i)
        floats[i] = widened(halves[i]);
}

/// A piece at a time, so that the floats between stay near the processor.
void to_bytes(const std::uint16_t* halves, std::size_t count, float range, std::uint8_t* bytes) {
    std::array<float, 1024> piece{};
    for (std::size_t done = 0; done < count; done += piece.size()) {
        const std::size_t part = std::min(piece.size(), count - done);
        widen(halves + done, part, piece.data());
        to_bytes(piece.data(), part, range, bytes + done);
    }
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
        widen(halves(state, part).data() + first, count, values.data());
    }
    return values;
}

/// Of floats or of halves, [count, height, width, channels] as the bytes will be.
template <class Value>
PictureStack stack_of(const ItemShape& shape, const Value* values, double range) {
    PictureStack stack;
    stack.count = shape.count;
    stack.height = shape.height;
    stack.width = shape.width;
    stack.channels = shape.channels;
    stack.bytes.resize(shape.values());
    to_bytes(values, shape.values(), static_cast<float>(range), stack.bytes.data());
    return stack;
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
    return widened(bits);
}

Drawable to_drawable(const ItemShape& shape, const float* values, double range) {
    Drawable drawable;
    if (shape.is_points())
        drawable.points.xy.assign(values, values + shape.values());
    else
        drawable.pictures = stack_of(shape, values, range);
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
    Drawable drawable;
    if (shape.is_points())
        drawable.points.xy = values_of(*this, part, first, shown.values());
    else
        drawable.pictures = stack_of(shown, halves(*this, part).data() + first, range);
    return drawable;
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
