// The one table of names for every enumeration, used by files, the command line and messages alike.
#include "ddpm/config.h"

#include <array>
#include <type_traits>
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
        std::pair{DataKind::cifar10, "cifar10"},
        std::pair{DataKind::emoji, "emoji"},
        std::pair{DataKind::picture_folder, "folder"},
        std::pair{DataKind::array_file, "array"},
        std::pair{DataKind::two_moons, "two-moons"},
        std::pair{DataKind::swiss_roll, "swiss-roll"},
        std::pair{DataKind::checkerboard, "checkerboard"},
        std::pair{DataKind::eight_gaussians, "eight-gaussians"},
        std::pair{DataKind::drawing, "drawing"},
    };
};
template <>
struct Names<BetaSchedule> {
    static constexpr std::array values{
        std::pair{BetaSchedule::linear, "linear"},
        std::pair{BetaSchedule::cosine, "cosine"},
        std::pair{BetaSchedule::quadratic, "quadratic"},
        std::pair{BetaSchedule::constant, "constant"},
        std::pair{BetaSchedule::jsd, "jsd"},
        std::pair{BetaSchedule::warmup10, "warmup10"},
        std::pair{BetaSchedule::warmup50, "warmup50"},
        std::pair{BetaSchedule::sigmoid, "sigmoid"},
        std::pair{BetaSchedule::list, "list"},
    };
};
template <>
struct Names<Prediction> {
    static constexpr std::array values{std::pair{Prediction::epsilon, "epsilon"},
                                       std::pair{Prediction::v, "v"}, std::pair{Prediction::x0, "x0"},
                                       std::pair{Prediction::mu, "mu"}};
};
template <>
struct Names<LearnedVariance> {
    static constexpr std::array values{std::pair{LearnedVariance::none, "none"},
                                       std::pair{LearnedVariance::diagonal, "diagonal"},
                                       std::pair{LearnedVariance::range, "range"}};
};
template <>
struct Names<Objective> {
    static constexpr std::array values{std::pair{Objective::simple, "simple"},
                                       std::pair{Objective::bound, "bound"},
                                       std::pair{Objective::hybrid, "hybrid"}};
};
template <>
struct Names<TimestepSampling> {
    static constexpr std::array values{std::pair{TimestepSampling::uniform, "uniform"},
                                       std::pair{TimestepSampling::importance, "importance"}};
};
template <>
struct Names<NetKind> {
    static constexpr std::array values{std::pair{NetKind::unet, "unet"},
                                       std::pair{NetKind::point_mlp, "point-mlp"}};
};
template <>
struct Names<Sampler> {
    static constexpr std::array values{
        std::pair{Sampler::ancestral, "ancestral"}, std::pair{Sampler::ddim, "ddim"},
        std::pair{Sampler::dpmpp_2m, "dpmpp-2m"}, std::pair{Sampler::heun, "heun"}};
};
template <>
struct Names<Variance> {
    static constexpr std::array values{std::pair{Variance::fixed_large, "fixed-large"},
                                       std::pair{Variance::fixed_small, "fixed-small"},
                                       std::pair{Variance::learned, "learned"}};
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
struct Names<Precision> {
    static constexpr std::array values{std::pair{Precision::automatic, "auto"},
                                       std::pair{Precision::fp32, "fp32"}, std::pair{Precision::bf16, "bf16"},
                                       std::pair{Precision::tf32, "tf32"}};
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
std::string_view name_of(LearnedVariance value) {
    return lookup(value);
}
std::string_view name_of(Objective value) {
    return lookup(value);
}
std::string_view name_of(TimestepSampling value) {
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
std::string_view name_of(Precision value) {
    return lookup(value);
}
std::string_view name_of(Preset value) {
    return lookup(value);
}

template <typename E>
std::optional<E> from_name(std::string_view name) {
    for (const auto& [value, candidate] : Names<E>::values)
        if (name == candidate) return value;
    if constexpr (std::is_same_v<E, BetaSchedule>)
        if (name == "scaled-linear") return BetaSchedule::quadratic; // diffusers' name of the same formula
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
DDPM_INSTANTIATE_NAMES(LearnedVariance)
DDPM_INSTANTIATE_NAMES(Objective)
DDPM_INSTANTIATE_NAMES(TimestepSampling)
DDPM_INSTANTIATE_NAMES(NetKind)
DDPM_INSTANTIATE_NAMES(Sampler)
DDPM_INSTANTIATE_NAMES(Variance)
DDPM_INSTANTIATE_NAMES(Spacing)
DDPM_INSTANTIATE_NAMES(DeviceChoice)
DDPM_INSTANTIATE_NAMES(Precision)
DDPM_INSTANTIATE_NAMES(Preset)
#undef DDPM_INSTANTIATE_NAMES

} // namespace ddpm
