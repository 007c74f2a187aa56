// One state of a reverse chain as numbers: what is drawn, inspected, painted on and gone on from.
#pragma once

#include "ddpm/picture.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ddpm {

/// IEEE 754 half precision (11 significant bits), rounded to nearest; beyond ±65,504 it is infinite.
std::uint16_t to_half(float value);
float from_half(std::uint16_t bits);

/// What a model works on, `count` times over: pictures [height][width][channels], or points (x, y).
struct ItemShape {
    int count = 0;
    int height = 0, width = 0;
    int channels = 0; ///< 1 grey, 3 colour, 0 for points

    bool is_points() const { return channels == 0; }
    std::size_t item_values() const {
        return is_points() ? 2
                           : static_cast<std::size_t>(height) * static_cast<std::size_t>(width) *
                                 static_cast<std::size_t>(channels);
    }
    std::size_t values() const { return static_cast<std::size_t>(count) * item_values(); }
    bool operator==(const ItemShape&) const = default;
};

enum class ChainPart { x, x0_hat, epsilon };

constexpr double data_range = 1;  ///< pixels of x and x0_hat are shown over [-1, 1]
constexpr double noise_range = 3; ///< epsilon is shown over three standard deviations

/// Values [count][values of an item] as bytes over [-range, range] (PictureStack), or as points.
Drawable to_drawable(const ItemShape& shape, const float* values, double range = data_range);

/// `t` is the paper's: T for pure noise, 0 for the finished picture.
struct ChainState {
    int t = 0;
    ItemShape shape;
    std::vector<float> x; ///< x_t, shape.values() of them, exactly as the chain has it
    /// What the net believes at t, eq. 15, clipped if the sampler clips; half precision. Empty at t = 0,
    /// where it is x itself.
    std::vector<std::uint16_t> x0_hat;
    std::vector<std::uint16_t> epsilon; ///< the noise the net sees at t; half precision; empty at t = 0
    double sigma = 0;                   ///< standard deviation of the noise added when leaving t
    int evaluations = 0;                ///< of the net for each chain, up to and with the one at t

    bool has(ChainPart part) const { return part == ChainPart::epsilon ? !epsilon.empty() : !x.empty(); }
    /// Of the whole state; `offset` is below shape.values(). 0 where the part is missing.
    float value(ChainPart part, std::size_t offset) const;
    /// Item `item` (0…count − 1), shape.item_values() floats; empty where the part is missing.
    std::vector<float> item(ChainPart part, int item) const;
    /// All items, or `item` alone; an empty one where the part is missing.
    Drawable drawable(ChainPart part, int item = -1) const;
    std::size_t bytes() const;
};

/// A state as it is kept: x0_hat and epsilon are [count][values of an item] or empty.
ChainState make_chain_state(int t, const ItemShape& shape, std::vector<float> x,
                            const std::vector<float>& x0_hat, const std::vector<float>& epsilon,
                            double sigma = 0);

} // namespace ddpm
