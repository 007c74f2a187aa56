#include "training/trainer.h"

#include "compat/torch_compat.h"
#include "diffusion/objective.h"
#include "diffusion/schedule.h"
#include "network/ema.h"
#include "training/label_dropout.h"
#include "training/seeds.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace ddpm::training {
namespace {

constexpr int spectrum_bins = 50;
constexpr const char* weights_prefix = "weights.";
constexpr const char* ema_prefix = "ema.";
constexpr const char* exp_avg_name = "adam.exp_avg";
constexpr const char* exp_avg_sq_name = "adam.exp_avg_sq";

int sample_size(const RunSettings& settings) {
    return settings.model.kind == NetKind::unet ? settings.model.unet.sample_size : 0;
}

/// Classes of the net, "no class" included; 0 where it has none.
int class_count(const RunSettings& settings) {
    return settings.model.kind == NetKind::unet ? settings.model.unet.num_class_embeds : 0;
}

formats::TensorList with_prefix(const formats::TensorList& tensors, const std::string& prefix) {
    formats::TensorList chosen;
    for (const auto& [name, tensor] : tensors)
        if (name.rfind(prefix, 0) == 0) chosen.emplace_back(name.substr(prefix.size()), tensor);
    return chosen;
}

} // namespace

Trainer::Trainer(const RunSettings& settings, const data::Dataset& dataset, torch::Device device)
    : settings_(settings), device_(device),
      net_(network::make_net(settings.model, device,
                             derive_seed(settings.training.seed, Purpose::weights, 0))),
      ema_net_(network::make_net(settings.model, device,
                                 derive_seed(settings.training.seed, Purpose::weights, 0))),
      items_(dataset.in_memory() ? dataset.items.to(device) : torch::Tensor()), source_(dataset.source),
      labels_(class_count(settings) > 0 ? dataset.labels.to(device) : torch::Tensor()),
      tables_(diffusion::make_tables(diffusion::make_schedule(settings.diffusion.schedule), device)),
      adam_(net_->parameters().flat(), net_->parameters().flat_gradient()),
      batches_(dataset.size(), settings.training.batch_size, settings.training.seed, device),
      spectrum_(settings.diffusion.schedule.timesteps, spectrum_bins, device),
      timestep_sampler_(settings.training.timestep_sampling, settings.diffusion.schedule.timesteps, device),
      generator_(compat::make_generator(device, 0)),
      ring_(torch::zeros({ring_size, 2}, torch::TensorOptions(torch::kFloat32).device(device))),
      alive_(torch::ones({}, torch::TensorOptions(torch::kBool).device(device))),
      learning_rate_(settings.training.learning_rate) {
    for (const torch::Tensor& tensor : ema_net_->parameters().tensors())
        tensor.set_requires_grad(false);
}

std::vector<Problem> Trainer::check_data(const RunSettings& settings, const data::Dataset& dataset) {
    std::vector<Problem> problems;
    if (dataset.size() < settings.training.batch_size)
        problems.push_back(
            {"training.batch_size",
             "the data set has " + std::to_string(dataset.size()) + " items, less than one batch",
             "choose a batch size of at most that"});
    if (!dataset.is_points() && settings.model.kind == NetKind::unet) {
        const UnetSettings& unet = settings.model.unet;
        const std::vector<std::int64_t> shape = dataset.item_shape();
        if (shape[1] > unet.sample_size || shape[2] > unet.sample_size)
            problems.push_back(
                {"model.sample_size", "the pictures are larger than that", "choose a larger size"});
        if (shape[0] != unet.in_channels)
            problems.push_back({"model.in_channels",
                                "the pictures have " + std::to_string(shape[0]) + " channels",
                                "choose the same number"});
    }
    const int classes = class_count(settings);
    if (classes != 0 && !dataset.labels.defined())
        problems.push_back({"model.num_class_embeds", "the data have no labels", "choose 0"});
    else if (classes > 0 && classes != dataset.classes + 1)
        problems.push_back({"model.num_class_embeds",
                            "the data have " + std::to_string(dataset.classes) + " classes",
                            "choose " + std::to_string(dataset.classes + 1) + ": one more means no class"});
    return problems;
}

double Trainer::warmed_up_learning_rate() const {
    const int warmup = settings_.training.warmup_steps;
    if (warmup <= 0) return learning_rate_;
    return learning_rate_ * std::min(1.0, static_cast<double>(step_ + 1) / warmup);
}

torch::Tensor Trainer::items_at(const torch::Tensor& indices) {
    if (!source_) return items_.index_select(0, indices);
    Result<torch::Tensor> items = source_->fetch(indices.to(torch::kCPU));
    if (!items) throw std::runtime_error(items.error().line());
    // Read ahead while this batch is computed.
    source_->announce(batches_.indices(step_ + 1).to(torch::kCPU));
    return items->to(device_);
}

void Trainer::step() {
    // Everything random in a step is a function of (seed, step): resume is exact without any generator state.
    generator_.set_current_seed(
        derive_seed(settings_.training.seed, Purpose::step, static_cast<std::uint64_t>(step_)));
    const std::int64_t n = settings_.training.batch_size;
    const torch::Tensor indices = batches_.indices(step_);

    torch::Tensor x0 = data::to_model_input(items_at(indices), sample_size(settings_));
    const auto options = torch::TensorOptions(device_);
    if (settings_.training.flips && x0.dim() == 4) {
        const torch::Tensor flip = torch::rand({n, 1, 1, 1}, generator_, options) < 0.5;
        x0 = torch::where(flip, x0.flip(3), x0);
    }
    const auto [t, weight] = timestep_sampler_.draw(n, generator_);
    const torch::Tensor epsilon = torch::randn(x0.sizes(), generator_, options);
    const torch::Tensor x_t = diffusion::q_sample(tables_.q, x0, t, epsilon);
    torch::Tensor labels;
    if (labels_.defined())
        labels = drop_labels(labels_.index_select(0, indices), class_count(settings_) - 1,
                             settings_.training.label_dropout, generator_);

    const torch::Tensor output = net_->forward(
        x_t, t, {true, generator_, labels, network::compute_type(settings_.training.precision)});
    const diffusion::Losses losses =
        diffusion::losses(tables_, settings_.diffusion, settings_.training, x0, x_t, t, epsilon, output);
    const torch::Tensor loss =
        weight.defined() ? (weight * losses.minimised).mean() : losses.minimised.mean();
    net_->parameters().flat_gradient().zero_();
    loss.backward();

    const torch::NoGradGuard no_grad;
    const torch::Tensor norm = net_->parameters().flat_gradient().norm();
    const auto row = static_cast<std::int64_t>(waiting_.size());
    ring_[row][0].copy_(loss);
    ring_[row][1].copy_(norm);
    MetricPoint point;
    point.step = step_ + 1;
    point.learning_rate = warmed_up_learning_rate();
    waiting_.push_back(point);
    last_t_ = t;
    last_x0_ = x0;
    last_x_t_ = x_t;
    last_epsilon_ = epsilon;
    last_output_ = output.detach();
    update(loss, norm);
    if (failed_) return;
    spectrum_.add(t, losses.squared);
    timestep_sampler_.record(t, losses.minimised);
}

void Trainer::update(const torch::Tensor& loss, const torch::Tensor& norm) {
    if (device_.is_cpu() && !(std::isfinite(loss.item<double>()) && std::isfinite(norm.item<double>()))) {
        failed_ = true; // before the update: weights, moments and EMA are those of the last good step
        return;
    }
    const torch::Tensor& weights = net_->parameters().flat();
    const torch::Tensor& average = ema_net_->parameters().flat();
    const torch::Tensor& exp_avg = adam_.exp_avg();
    const torch::Tensor& exp_avg_sq = adam_.exp_avg_sq();
    std::vector<torch::Tensor> before;
    if (!device_.is_cpu()) {
        // The host must not wait for the loss, so the device itself keeps the old state where it went wrong.
        alive_.logical_and_(torch::isfinite(loss)).logical_and_(torch::isfinite(norm));
        before = {weights.clone(), average.clone(), exp_avg.clone(), exp_avg_sq.clone()};
    }
    const double clip = settings_.training.gradient_clip;
    const torch::Tensor scale =
        clip > 0 ? torch::clamp_max(clip / (norm + 1e-6), 1.0) : torch::ones({}, norm.options());
    adam_.step(
        warmed_up_learning_rate(), scale,
        {average, network::ema_decay_at(settings_.training.ema_decay, settings_.training.ema_warmup, step_)});
    if (!before.empty()) {
        const torch::Tensor now[] = {weights, average, exp_avg, exp_avg_sq};
        for (std::size_t i = 0; i < before.size(); ++i)
            now[i].copy_(torch::where(alive_, now[i], before[i]));
    }
    ++step_;
}

bool Trainer::metrics_full() const {
    return static_cast<int>(waiting_.size()) >= ring_size;
}

std::vector<MetricPoint> Trainer::drain_metrics() {
    if (waiting_.empty()) return {};
    const torch::Tensor values = ring_.narrow(0, 0, static_cast<std::int64_t>(waiting_.size()))
                                     .to(torch::kCPU, torch::kFloat64)
                                     .contiguous();
    const auto rows = values.accessor<double, 2>();
    std::vector<MetricPoint> points = std::move(waiting_);
    waiting_.clear();
    for (std::size_t i = 0; i < points.size(); ++i) {
        const auto row = static_cast<std::int64_t>(i);
        points[i].loss = rows[row][0];
        points[i].gradient_norm = rows[row][1];
        if (std::isfinite(points[i].loss) && std::isfinite(points[i].gradient_norm)) continue;
        // On a GPU later steps were already launched; the device has ignored them.
        failed_ = true;
        step_ = points[i].step - 1;
        adam_.set_steps(step_);
        points.resize(i + 1);
        alive_.fill_(true);
        break;
    }
    return points;
}

std::optional<Example> Trainer::example() const {
    if (!last_t_.defined()) return std::nullopt;
    const torch::NoGradGuard no_grad;
    const torch::Tensor t = last_t_.narrow(0, 0, 1), x_t = last_x_t_.narrow(0, 0, 1);
    const diffusion::Output said = diffusion::split(last_output_.narrow(0, 0, 1), x_t);
    return Example{static_cast<int>(t.item<std::int64_t>()), last_x0_.narrow(0, 0, 1), x_t,
                   last_epsilon_.narrow(0, 0, 1),
                   diffusion::epsilon_from(settings_.diffusion.prediction,
                                           diffusion::factors_at(tables_, t, x_t), x_t, said.prediction)};
}

formats::Checkpoint Trainer::checkpoint() const {
    formats::Checkpoint checkpoint;
    checkpoint.step = step_;
    checkpoint.learning_rate = learning_rate_;
    for (auto& [name, tensor] : net_->parameters().snapshot())
        checkpoint.tensors.emplace_back(weights_prefix + name, tensor);
    for (auto& [name, tensor] : ema_net_->parameters().snapshot())
        checkpoint.tensors.emplace_back(ema_prefix + name, tensor);
    // The moments stay flat: they are nobody's but ours.
    checkpoint.tensors.emplace_back(exp_avg_name, adam_.exp_avg().to(torch::kCPU, false, true));
    checkpoint.tensors.emplace_back(exp_avg_sq_name, adam_.exp_avg_sq().to(torch::kCPU, false, true));
    for (auto& [name, tensor] : timestep_sampler_.state())
        checkpoint.tensors.emplace_back(name, tensor);
    return checkpoint;
}

Status Trainer::restore(const formats::Checkpoint& checkpoint, const std::string& where) {
    const torch::Tensor* exp_avg = formats::find(checkpoint.tensors, exp_avg_name);
    const torch::Tensor* exp_avg_sq = formats::find(checkpoint.tensors, exp_avg_sq_name);
    if (!exp_avg || !exp_avg_sq || exp_avg->sizes() != adam_.exp_avg().sizes() ||
        exp_avg_sq->sizes() != adam_.exp_avg_sq().sizes())
        return Error{"the optimiser state is missing or does not fit the settings", where,
                     "settings.json and the checkpoint must come from the same run"};
    if (!timestep_sampler_.fits(checkpoint.tensors))
        return Error{"the losses that choose the timesteps are missing or do not fit the settings", where,
                     "settings.json and the checkpoint must come from the same run"};
    const formats::TensorList weights = with_prefix(checkpoint.tensors, weights_prefix);
    const formats::TensorList before = net_->parameters().snapshot();
    if (Status loaded = net_->parameters().load(weights, where); !loaded) return loaded;
    if (Status loaded = ema_net_->parameters().load(with_prefix(checkpoint.tensors, ema_prefix), where);
        !loaded) {
        const Status undone = net_->parameters().load(before, where);
        return undone ? loaded : undone;
    }
    adam_.exp_avg().copy_(*exp_avg);
    adam_.exp_avg_sq().copy_(*exp_avg_sq);
    adam_.set_steps(checkpoint.step);
    timestep_sampler_.take(checkpoint.tensors);
    step_ = checkpoint.step;
    learning_rate_ = checkpoint.learning_rate > 0 ? checkpoint.learning_rate : learning_rate_;
    waiting_.clear();
    failed_ = false;
    return Done{};
}

} // namespace ddpm::training
