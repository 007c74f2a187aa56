#include "formats/tensor_checks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace ddpm::formats {

std::vector<std::string> not_finite(const TensorList& tensors) {
    const torch::NoGradGuard no_grad;
    std::vector<std::string> names;
    for (const auto& [name, tensor] : tensors)
        if (tensor.is_floating_point() && tensor.numel() > 0 && !torch::isfinite(tensor).all().item<bool>())
            names.push_back(name);
    return names;
}

std::string listed(const std::vector<std::string>& names) {
    constexpr std::size_t most = 3;
    std::string text = fmt::format(
        "\"{}\"",
        fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(std::min(names.size(), most)),
                  "\", \""));
    if (names.size() > most) text += fmt::format(" and {} more", names.size() - most);
    return text;
}

} // namespace ddpm::formats
