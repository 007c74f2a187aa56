#include "stages/denoise/tools/poke_edit.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace ddpm::ui {
namespace {

/// SplitMix64 (Steele, Lea and Flood 2014): mixes all bits of a counter.
std::uint64_t mixed(std::uint64_t z) {
    z += 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

/// In (0, 1].
double uniform(std::uint64_t bits) {
    return (static_cast<double>(bits >> 11) + 1) * 0x1p-53;
}

} // namespace

double keyedNormal(std::uint64_t seed, std::uint64_t draw, std::uint64_t place) {
    const std::uint64_t key = mixed(mixed(mixed(seed) ^ draw) ^ place);
    const double radius = std::sqrt(-2 * std::log(uniform(key)));
    return radius * std::cos(2 * std::numbers::pi * uniform(mixed(key))); // Box and Muller 1958
}

std::shared_ptr<const PokeBase> pokeBase(const ChainState& state, int item, double alpha_bar) {
    if (state.t <= 0 || state.shape.is_points() || item < 0 || item >= state.shape.count) return nullptr;
    auto base = std::make_shared<PokeBase>();
    base->shape = state.shape;
    base->shape.count = 1;
    base->t = state.t;
    base->alpha_bar = alpha_bar;
    base->x = state.item(ChainPart::x, item);
    base->content = state.item(ChainPart::x0_hat, item);
    base->noise = state.item(ChainPart::epsilon, item);
    return base;
}

void PokeEdit::setBase(std::shared_ptr<const PokeBase> base) {
    stroke_ = {};
    base_ = std::move(base);
    x_ = base_ ? base_->x : std::vector<float>();
    content_ = base_ ? base_->content : std::vector<float>();
    noise_ = base_ ? base_->noise : std::vector<float>();
}

void PokeEdit::restore(const Snapshot& snapshot) {
    stroke_ = {};
    base_ = snapshot.base;
    x_ = snapshot.x;
    content_ = snapshot.content;
    noise_ = snapshot.noise;
}

bool PokeEdit::changed() const {
    return base_ && x_ != base_->x;
}

void PokeEdit::remember(std::size_t pixel) {
    const auto channels = static_cast<std::size_t>(base_->shape.channels);
    stroke_.pixels.push_back(pixel);
    for (std::size_t i = pixel * channels; i < (pixel + 1) * channels; ++i)
        stroke_.before.insert(stroke_.before.end(), {x_[i], content_[i], noise_[i]});
}

void PokeEdit::put(std::size_t pixel, const PokeInk& ink) {
    const auto channels = static_cast<std::size_t>(base_->shape.channels);
    const double signal = std::sqrt(base_->alpha_bar), spread = std::sqrt(1 - base_->alpha_bar);
    const auto mix = [&](float from, double to) {
        const auto was = static_cast<double>(from);
        return static_cast<float>(was + ink.opacity * (to - was));
    };
    for (std::size_t c = 0; c < channels; ++c) {
        const std::size_t i = pixel * channels + c;
        switch (ink.kind) {
        case PokeInk::Kind::paint: {
            const auto v = static_cast<double>(ink.value[c]);
            x_[i] = mix(x_[i], signal * v + spread * static_cast<double>(noise_[i]));
            content_[i] = mix(content_[i], v);
            break;
        }
        case PokeInk::Kind::renoise:
            noise_[i] = static_cast<float>(keyedNormal(seed_, draws_, i));
            x_[i] = static_cast<float>(signal * static_cast<double>(content_[i]) +
                                       spread * static_cast<double>(noise_[i]));
            break;
        case PokeInk::Kind::restore:
            x_[i] = base_->x[i];
            content_[i] = base_->content[i];
            noise_[i] = base_->noise[i];
        }
    }
}

void PokeEdit::begin(const PokeInk& ink) {
    cancel();
    if (!base_) return;
    ink_ = ink;
    stroke_.base = base_;
    touched_.assign(base_->shape.values() / static_cast<std::size_t>(base_->shape.channels), false);
    if (ink.kind == PokeInk::Kind::renoise) ++draws_;
}

void PokeEdit::touch(int column, int row) {
    if (!stroke_.base || column < 0 || row < 0 || column >= base_->shape.width || row >= base_->shape.height)
        return;
    const auto pixel = static_cast<std::size_t>(row) * static_cast<std::size_t>(base_->shape.width) +
                       static_cast<std::size_t>(column);
    if (touched_[pixel]) return;
    touched_[pixel] = true;
    remember(pixel);
    put(pixel, ink_);
}

PokeEdit::Patch PokeEdit::finished() {
    if (!stroke_.base) return {};
    const auto channels = static_cast<std::size_t>(base_->shape.channels);
    for (const std::size_t pixel : stroke_.pixels)
        for (std::size_t i = pixel * channels; i < (pixel + 1) * channels; ++i)
            stroke_.after.insert(stroke_.after.end(), {x_[i], content_[i], noise_[i]});
    Patch patch = std::move(stroke_);
    stroke_ = {};
    if (patch.before == patch.after) return {};
    return patch;
}

PokeEdit::Patch PokeEdit::end() {
    return finished();
}

void PokeEdit::cancel() {
    if (stroke_.base && stroke_.base == base_) {
        const Patch patch = finished();
        apply(patch, false);
    }
    stroke_ = {};
}

PokeEdit::Patch PokeEdit::blend(const std::vector<float>& values, const std::vector<float>& cover) {
    begin({PokeInk::Kind::paint, {}, 1});
    if (!base_ || values.size() != base_->x.size() || cover.size() != touched_.size()) return {};
    const auto channels = static_cast<std::size_t>(base_->shape.channels);
    for (std::size_t pixel = 0; pixel < cover.size(); ++pixel) {
        if (!(cover[pixel] > 0)) continue;
        PokeInk ink{PokeInk::Kind::paint, {}, static_cast<double>(cover[pixel])};
        std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(pixel * channels), channels,
                    ink.value.begin());
        remember(pixel);
        put(pixel, ink);
    }
    return finished();
}

PokeEdit::Patch PokeEdit::reset() {
    begin({PokeInk::Kind::restore, {}, 1});
    if (!base_) return {};
    for (std::size_t pixel = 0; pixel < touched_.size(); ++pixel) {
        remember(pixel);
        put(pixel, ink_);
    }
    return finished();
}

void PokeEdit::apply(const Patch& patch, bool forwards) {
    if (!base_ || patch.base != base_) return;
    const auto channels = static_cast<std::size_t>(base_->shape.channels);
    const std::vector<float>& values = forwards ? patch.after : patch.before;
    std::size_t from = 0;
    for (const std::size_t pixel : patch.pixels)
        for (std::size_t i = pixel * channels; i < (pixel + 1) * channels; ++i) {
            x_[i] = values[from++];
            content_[i] = values[from++];
            noise_[i] = values[from++];
        }
}

} // namespace ddpm::ui
