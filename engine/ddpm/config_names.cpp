// The one table of names for every enumeration, used by files, the command line and messages alike.
#include "ddpm/config.h"

#include <array>
#include <utility>

namespace ddpm {
namespace {

template <typename E>
struct Names;

template <>
struct Names<DataKind> {
    static constexpr std::array values{
        std::pair{DataKind::mnist, "mnist"},
        std::pair{DataKind::fashion_mnist, "fashion-mnist"},
        std::pair{DataKind::two_moons, "two-moons"},
        std::pair{DataKind::swiss_roll, "swiss-roll"},
        std::pair{DataKind::checkerboard, "checkerboard"},
        std::pair{DataKind::eight_gaussians, "eight-gaussians"},
        std::pair{DataKind::drawing, "drawing"},
    };
};
template <>
struct Names<BetaSchedule> {
    static constexpr std::array values{std::pair{BetaSchedule::linear, "linear"},
                                       std::pair{BetaSchedule::cosine, "cosine"}};
};
template <>
struct Names<Prediction> {
    static constexpr std::array values{std::pair{Prediction::epsilon, "epsilon"},
                                       std::pair{Prediction::v, "v"}};
};
template <>
struct Names<NetKind> {
    static constexpr std::array values{std::pair{NetKind::unet, "unet"},
                                       std::pair{NetKind::point_mlp, "point-mlp"}};
};
template <>
struct Names<Sampler> {
    static constexpr std::array values{std::pair{Sampler::ancestral, "ancestral"},
                                       std::pair{Sampler::ddim, "ddim"}};
};
template <>
struct Names<Variance> {
    static constexpr std::array values{std::pair{Variance::fixed_large, "fixed-large"},
                                       std::pair{Variance::fixed_small, "fixed-small"}};
};
template <>
struct Names<Spacing> {
    static constexpr std::array values{std::pair{Spacing::leading, "leading"},
                                       std::pair{Spacing::linspace, "linspace"},
                                       std::pair{Spacing::trailing, "trailing"}};
};
template <>
struct Names<DeviceChoice> {
    static constexpr std::array values{std::pair{DeviceChoice::automatic, "auto"},
                                       std::pair{DeviceChoice::cpu, "cpu"},
                                       std::pair{DeviceChoice::cuda, "cuda"}};
};
template <>
struct Names<Preset> {
    static constexpr std::array values{std::pair{Preset::points, "points"}, std::pair{Preset::tiny, "tiny"},
                                       std::pair{Preset::small, "small"}, std::pair{Preset::paper, "paper"}};
};

template <typename E>
std::string_view lookup(E value) {
    for (const auto& [candidate, name] : Names<E>::values)
        if (candidate == value) return name;
    return "unknown";
}

} // namespace

std::string_view name_of(DataKind value) {
    return lookup(value);
}
std::string_view name_of(BetaSchedule value) {
    return lookup(value);
}
std::string_view name_of(Prediction value) {
    return lookup(value);
}
std::string_view name_of(NetKind value) {
    return lookup(value);
}
std::string_view name_of(Sampler value) {
    return lookup(value);
}
std::string_view name_of(Variance value) {
    return lookup(value);
}
std::string_view name_of(Spacing value) {
    return lookup(value);
}
std::string_view name_of(DeviceChoice value) {
    return lookup(value);
}
std::string_view name_of(Preset value) {
    return lookup(value);
}

template <typename E>
std::optional<E> from_name(std::string_view name) {
    for (const auto& [value, candidate] : Names<E>::values)
        if (name == candidate) return value;
    return std::nullopt;
}

template <typename E>
std::vector<E> all_values() {
    std::vector<E> values;
    for (const auto& entry : Names<E>::values)
        values.push_back(entry.first);
    return values;
}

#define DDPM_INSTANTIATE_NAMES(E)                                                                            \
    template std::optional<E> from_name<E>(std::string_view);                                                \
    template std::vector<E> all_values<E>();
DDPM_INSTANTIATE_NAMES(DataKind)
DDPM_INSTANTIATE_NAMES(BetaSchedule)
DDPM_INSTANTIATE_NAMES(Prediction)
DDPM_INSTANTIATE_NAMES(NetKind)
DDPM_INSTANTIATE_NAMES(Sampler)
DDPM_INSTANTIATE_NAMES(Variance)
DDPM_INSTANTIATE_NAMES(Spacing)
DDPM_INSTANTIATE_NAMES(DeviceChoice)
DDPM_INSTANTIATE_NAMES(Preset)
#undef DDPM_INSTANTIATE_NAMES

} // namespace ddpm
