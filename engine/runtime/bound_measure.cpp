#include "runtime/bound_measure.h"

#include "diffusion/bound.h"
#include "diffusion/forward.h"
#include "runtime/keyed_noise.h"

#include <algorithm>
#include <cmath>

namespace ddpm::runtime {
namespace {

constexpr std::int64_t pictures_a_slice = 16;

torch::Tensor column_weights(const BoundReport& report) {
    return torch::tensor(report.weights, torch::kInt64).to(torch::kFloat64);
}

std::vector<double> to_vector(const torch::Tensor& values) {
    const torch::Tensor flat = values.to(torch::kCPU, torch::kFloat64).contiguous();
    const double* first = flat.data_ptr<double>();
    return {first, first + flat.numel()};
}

} // namespace

torch::Tensor BoundReport::total() const {
    return prior + (vb * column_weights(*this)).sum(1);
}

std::vector<double> BoundReport::rate() const {
    const torch::Tensor terms = vb.mean(0) * column_weights(*this);
    // After index k: all terms but those of k and of earlier indices. The terms that k stands for beside
    // itself count half, as k lies in their middle.
    const torch::Tensor own = torch::where(column_weights(*this) > 1, terms / 2, terms);
    return to_vector(prior.mean() + terms.sum() - terms.cumsum(0) + terms - own);
}

std::vector<double> BoundReport::distortion() const {
    return to_vector(x0_mse.mean(0).sqrt() * 127.5);
}

BoundMeasure::BoundMeasure(Model model, torch::Tensor x0, torch::Tensor noise, const BoundOptions& options)
    : model_(std::move(model)), x0_(std::move(x0)), noise_(std::move(noise)), options_(options),
      tables_(diffusion::make_tables(model_.schedule, model_.device)) {
    const int timesteps = model_.schedule.timesteps();
    report_.indices = {0};
    report_.weights = {1};
    for (int first = 1; first < timesteps; first += options_.every) {
        const int size = std::min(options_.every, timesteps - first);
        report_.indices.push_back(first + size / 2);
        report_.weights.push_back(size);
    }
    const auto columns = static_cast<std::int64_t>(report_.indices.size());
    report_.vb = torch::zeros({x0_.size(0), columns}, torch::kFloat64);
    report_.mse = torch::zeros_like(report_.vb);
    report_.x0_mse = torch::zeros_like(report_.vb);
    report_.prior = diffusion::prior_bits(model_.schedule, x0_).to(torch::kCPU, torch::kFloat64);
}

std::vector<Problem> BoundMeasure::check(const Model& model, const torch::Tensor& x0,
                                         const torch::Tensor& noise, const BoundOptions& options) {
    std::vector<Problem> problems;
    const std::vector<std::int64_t> item = model.item_shape();
    const auto is_batch_of_items = [&](const torch::Tensor& x) {
        return x.dim() == 4 && x.size(0) > 0 && x.sizes().slice(1).vec() == item;
    };
    if (item.size() != 3)
        problems.push_back(
            {"model", "the bound is about pictures, this model makes points", "choose another model"});
    else if (!is_batch_of_items(x0))
        problems.push_back({"x", "its shape does not fit the model",
                            "give [N, " + std::to_string(item[0]) + ", " + std::to_string(item[1]) + ", " +
                                std::to_string(item[2]) + "]"});
    if (noise.defined() &&
        (noise.dim() != 5 || noise.size(0) != model.schedule.timesteps() || noise[0].sizes() != x0.sizes()))
        problems.push_back(
            {"noise", "its shape does not fit", "give [T, N, C, H, W]: noise[t] is added to x"});
    if (options.every < 1 || options.every >= model.schedule.timesteps())
        problems.push_back({"every", "it is out of range", "choose 1 to T − 1"});
    if (options.variance == Variance::learned &&
        model.settings.diffusion.learned_variance == LearnedVariance::none)
        problems.push_back(
            {"variance", "this model has no learned variance", "choose fixed-large or fixed-small"});
    return problems;
}

bool BoundMeasure::advance() {
    if (column_ == report_.indices.size()) return true;
    const torch::NoGradGuard no_grad;
    const int index = report_.indices[column_];
    const std::int64_t n = std::min(pictures_a_slice, x0_.size(0) - row_);
    const torch::Tensor x0 = x0_.narrow(0, row_, n).to(model_.device);
    const torch::Tensor epsilon = (noise_.defined() ? noise_[index].narrow(0, row_, n)
                                                    : keyed_noise(options_.seed, row_, n, index + 1,
                                                                  model_.item_shape(), model_.device))
                                      .to(model_.device);
    const torch::Tensor t =
        torch::full({n}, index, torch::TensorOptions(torch::kInt64).device(model_.device));
    const torch::Tensor x_t = diffusion::q_sample(tables_.q, x0, t, epsilon);
    const torch::Tensor output = model_.net->forward(x_t, t, {});
    const diffusion::BoundTerms terms = diffusion::bound_terms(
        tables_, model_.settings.diffusion, options_.variance, options_.clip, x0, x_t, t, epsilon, output);
    const auto column = static_cast<std::int64_t>(column_);
    report_.vb.select(1, column).narrow(0, row_, n).copy_(terms.vb);
    report_.mse.select(1, column).narrow(0, row_, n).copy_(terms.mse);
    report_.x0_mse.select(1, column).narrow(0, row_, n).copy_(terms.x0_mse);
    row_ += n;
    if (row_ == x0_.size(0)) {
        row_ = 0;
        ++column_;
    }
    return column_ == report_.indices.size();
}

double BoundMeasure::fraction() const {
    const double columns = static_cast<double>(report_.indices.size());
    return (static_cast<double>(column_) + static_cast<double>(row_) / static_cast<double>(x0_.size(0))) /
           columns;
}

} // namespace ddpm::runtime
