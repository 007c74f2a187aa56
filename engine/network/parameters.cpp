#include "network/parameters.h"

#include "compat/torch_compat.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace ddpm::network {
namespace {

std::string list_some(const std::vector<std::string>& names) {
    const std::size_t shown = std::min<std::size_t>(names.size(), 6);
    std::string text =
        fmt::format("{}", fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
    if (names.size() > shown) text += fmt::format(" and {} more", names.size() - shown);
    return text;
}

std::string shape_text(const torch::Tensor& tensor) {
    return fmt::format("[{}]", fmt::join(tensor.sizes(), ", "));
}

} // namespace

Parameters::Parameters(torch::Device device, std::uint64_t seed)
    : device_(device), generator_(at::detail::createCPUGenerator(seed)) {}

torch::Tensor Parameters::add(const std::string& name, const std::vector<std::int64_t>& shape, Init init) {
    // Drawn on the CPU in declaration order, so that a seed means the same net on every device.
    torch::Tensor value = torch::empty(shape, torch::kFloat32);
    switch (init) {
    case Init::zeros:
        value.zero_();
        break;
    case Init::ones:
        value.fill_(1);
        break;
    case Init::fan_average: {
        std::int64_t receptive = 1;
        for (std::size_t i = 2; i < shape.size(); ++i)
            receptive *= shape[i];
        const double fan_average = 0.5 * static_cast<double>((shape[0] + shape[1]) * receptive);
        const double limit = std::sqrt(3.0 / fan_average);
        value.uniform_(-limit, limit, generator_);
        break;
    }
    }
    value = value.to(device_).set_requires_grad(true);
    names_.push_back(name);
    tensors_.push_back(value);
    return value;
}

torch::Tensor Parameters::place_in(const torch::Tensor& buffer, std::size_t index, bool channels_last) const {
    const torch::Tensor& tensor = tensors_[index];
    const torch::Tensor place = buffer.narrow(0, offsets_[index], tensor.numel());
    if (!channels_last || tensor.dim() != 4) return place.view(tensor.sizes());
    return place.view({tensor.size(0), tensor.size(2), tensor.size(3), tensor.size(1)}).permute({0, 3, 1, 2});
}

void Parameters::flatten() {
    constexpr std::int64_t alignment =
        16; // floats: whole cache lines, so that every view is aligned for vector code
    std::int64_t total = 0;
    for (const torch::Tensor& tensor : tensors_) {
        offsets_.push_back(total);
        total += (tensor.numel() + alignment - 1) / alignment * alignment;
    }
    const torch::NoGradGuard no_grad;
    flat_ = torch::zeros({total}, torch::TensorOptions(torch::kFloat32).device(device_));
    flat_gradient_ = torch::zeros_like(flat_);
    leaf_ = flat_.detach().set_requires_grad(true);
    leaf_.mutable_grad() = flat_gradient_;
    for (std::size_t i = 0; i < tensors_.size(); ++i) {
        const torch::Tensor place = place_in(flat_, i, channels_last());
        place.copy_(tensors_[i]);
        tensors_[i].set_data(place);
        tensors_[i].mutable_grad() = place_in(flat_gradient_, i, channels_last());
    }
}

torch::Tensor Parameters::portable(const torch::Tensor& like_flat) const {
    const torch::Tensor copy = like_flat.detach().to(torch::kCPU, /*non_blocking=*/false, /*copy=*/true);
    if (!channels_last()) return copy;
    for (std::size_t i = 0; i < tensors_.size(); ++i)
        if (tensors_[i].dim() == 4) place_in(copy, i, false).copy_(place_in(copy, i, true).clone());
    return copy;
}

void Parameters::take_portable(const torch::Tensor& portable, const torch::Tensor& like_flat) const {
    const torch::NoGradGuard no_grad;
    if (!channels_last()) {
        like_flat.copy_(portable);
        return;
    }
    const torch::Tensor copy = portable.clone();
    for (std::size_t i = 0; i < tensors_.size(); ++i)
        if (tensors_[i].dim() == 4) place_in(copy, i, true).copy_(place_in(portable, i, false));
    like_flat.copy_(copy);
}

void Parameters::make_working_copies(torch::ScalarType type) {
    flat_working_ = flat_.to(type);
    working_copies_.clear();
    for (std::size_t i = 0; i < tensors_.size(); ++i)
        working_copies_.push_back(place_in(flat_working_, i, channels_last())
                                      .detach()
                                      .set_requires_grad(tensors_[i].requires_grad()));
}

void Parameters::refresh_working_copies() {
    const torch::NoGradGuard no_grad;
    if (flat_working_.defined()) flat_working_.copy_(flat_);
}

torch::Tensor Parameters::gradient(std::size_t index) const {
    return place_in(flat_gradient_, index, channels_last());
}

void Parameters::hand_over_gradients() {
    handed_over_ = true;
    for (torch::Tensor& tensor : tensors_)
        tensor.mutable_grad() = torch::Tensor();
}

void Parameters::collect_gradients() {
    const torch::NoGradGuard no_grad;
    const auto take_all = [&](std::vector<torch::Tensor>& leaves) {
        std::vector<torch::Tensor> from,
            to; // of one type: for mixed ones the library falls back to many launches
        for (std::size_t i = 0; i < leaves.size(); ++i) {
            torch::Tensor& left = leaves[i].mutable_grad();
            if (!left.defined()) continue;
            from.push_back(left);
            to.push_back(gradient(i));
            // Undefined again: backward() then hands over its result instead of adding to the last one.
            left = torch::Tensor();
        }
        if (!from.empty()) compat::copy_each(to, from);
    };
    // Each parameter is used either itself or as its working copy.
    take_all(working_copies_);
    if (handed_over_) take_all(tensors_);
}

torch::Tensor Parameters::working_copy(std::size_t index, torch::ScalarType type) const {
    if (!flat_working_.defined() || flat_working_.scalar_type() != type) return {};
    return working_copies_[index];
}

std::int64_t Parameters::count() const {
    std::int64_t total = 0;
    for (const torch::Tensor& tensor : tensors_)
        total += tensor.numel();
    return total;
}

Status Parameters::load(const std::vector<std::pair<std::string, torch::Tensor>>& values,
                        const std::string& where) {
    std::map<std::string, torch::Tensor> given(values.begin(), values.end());
    std::vector<std::string> missing, different;
    for (std::size_t i = 0; i < names_.size(); ++i) {
        const auto found = given.find(names_[i]);
        if (found == given.end())
            missing.push_back(names_[i]);
        else if (found->second.sizes() != tensors_[i].sizes())
            different.push_back(fmt::format("{} is {} and should be {}", names_[i], shape_text(found->second),
                                            shape_text(tensors_[i])));
    }
    std::vector<std::string> unexpected;
    for (const auto& [name, value] : values)
        if (std::find(names_.begin(), names_.end(), name) == names_.end()) unexpected.push_back(name);
    if (!missing.empty() || !different.empty() || !unexpected.empty()) {
        std::vector<std::string> parts;
        if (!missing.empty()) parts.push_back("missing: " + list_some(missing));
        if (!different.empty()) parts.push_back("wrong shape: " + list_some(different));
        if (!unexpected.empty()) parts.push_back("not in this net: " + list_some(unexpected));
        return Error{fmt::format("the weights do not fit the settings; {}", fmt::join(parts, "; ")), where,
                     "the settings and the weights must come from the same model"};
    }
    const torch::NoGradGuard no_grad;
    for (std::size_t i = 0; i < names_.size(); ++i)
        tensors_[i].copy_(given.at(names_[i]));
    return Done{};
}

std::vector<std::pair<std::string, torch::Tensor>> Parameters::snapshot() const {
    std::vector<std::pair<std::string, torch::Tensor>> values;
    values.reserve(names_.size());
    for (std::size_t i = 0; i < names_.size(); ++i)
        values.emplace_back(
            names_[i],
            tensors_[i].detach().to(torch::kCPU, /*non_blocking=*/false, /*copy=*/true).contiguous());
    return values;
}

} // namespace ddpm::network
