// What painting on x_t means in numbers: x = sqrt(alpha_bar) v + sqrt(1 − alpha_bar) epsilon, where the brush
// sets the content v and leaves the noise epsilon, or the other way round.
#pragma once

#include "ddpm/chain_state.h"

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace ddpm::ui {

/// The state that was there before anybody painted; one item. All values [height][width][channels].
struct PokeBase {
    ItemShape shape; ///< count is 1
    int t = 0;       ///< the paper's, 1…T
    double alpha_bar = 1;
    std::vector<float> x;
    /// What the net believes of it. (x − sqrt(1 − alpha_bar) noise) / sqrt(alpha_bar), which the state has in
    /// better numbers than that quotient where alpha_bar is tiny, and clipped if the sampler clips.
    std::vector<float> content;
    std::vector<float> noise; ///< epsilon_theta
};

/// nullptr where there is nothing to denoise: t = 0, points, no such item.
std::shared_ptr<const PokeBase> pokeBase(const ChainState& state, int item, double alpha_bar);

/// A standard normal number that depends on nothing but these three.
double keyedNormal(std::uint64_t seed, std::uint64_t draw, std::uint64_t place);

struct PokeInk {
    enum class Kind {
        paint,   ///< the content becomes `value`, the noise stays
        renoise, ///< the noise is drawn anew, the content stays
        restore, ///< as in the base
    };
    Kind kind = Kind::paint;
    std::array<float, 3> value{}; ///< in [-1, 1]; grey pictures take the first
    double opacity = 1;           ///< of `paint`, 0…1
};

class PokeEdit {
public:
    /// Pixels as they were and as they became: x, content and noise of each channel in turn.
    struct Patch {
        std::shared_ptr<const PokeBase> base;
        std::vector<std::size_t> pixels; ///< row · width + column
        std::vector<float> before, after;

        bool empty() const { return pixels.empty(); }
    };

    /// Everything, to come back to from another base.
    struct Snapshot {
        std::shared_ptr<const PokeBase> base;
        std::vector<float> x, content, noise;
    };

    explicit PokeEdit(std::uint64_t seed = 0) : seed_(seed) {}

    void setBase(std::shared_ptr<const PokeBase> base); ///< untouched; may be nullptr
    const PokeBase* base() const { return base_.get(); }
    Snapshot snapshot() const { return {base_, x_, content_, noise_}; }
    void restore(const Snapshot& snapshot);
    const std::vector<float>& x() const { return x_; }
    const std::vector<float>& content() const { return content_; }
    const std::vector<float>& noise() const { return noise_; }
    bool changed() const; ///< some value of x is another one than the base's

    // A stroke meets each pixel once, however often the brush goes over it.
    void begin(const PokeInk& ink);
    void touch(int column, int row); ///< may lie outside
    Patch end();
    void cancel();

    /// `values` [height][width][channels] in [-1, 1] over the content, `cover` [height][width] in 0…1 of
    /// them.
    Patch blend(const std::vector<float>& values, const std::vector<float>& cover);
    Patch reset(); ///< everything as in the base
    /// The patch once more, or taken back. One of another base is left alone.
    void apply(const Patch& patch, bool forwards);

private:
    void put(std::size_t pixel, const PokeInk& ink);
    void remember(std::size_t pixel);
    Patch finished();

    std::uint64_t seed_, draws_ = 0; // every stroke draws its own noise
    std::shared_ptr<const PokeBase> base_;
    std::vector<float> x_, content_, noise_;
    PokeInk ink_;
    std::vector<bool> touched_;
    Patch stroke_;
};

} // namespace ddpm::ui
