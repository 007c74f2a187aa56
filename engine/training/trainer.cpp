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
constexpr int queued_steps = 4;           ///< that a GPU may still have to do when step() returns
constexpr int steps_before_recording = 3; ///< in which the library tries its algorithms
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

/// An undefined weight is 1.
torch::Tensor weighted(const torch::Tensor& values, const torch::Tensor& weight) {
    return weight.defined() ? values * weight : values;
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
      queue_(device, queued_steps), learning_rate_(settings.training.learning_rate) {
    for (const torch::Tensor& tensor : ema_net_->parameters().tensors())
        tensor.set_requires_grad(false);
    if (device.is_cpu()) return;
    inputs_ = std::make_unique<StepInputs>(settings.training.batch_size, ring_size, device);
    const torch::ScalarType compute = network::compute_type(settings.training.precision);
    if (compute != torch::kFloat32) net_->parameters().make_working_copies(compute);
    net_->parameters().hand_over_gradients();
    // Importance sampling asks the losses of the last step for the next one's timesteps.
    if (compat::DeviceGraph::possible(device) &&
        settings.training.timestep_sampling == TimestepSampling::uniform)
        recorded_ = std::make_unique<compat::DeviceGraph>();
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

double Trainer::ema_decay() const {
    return network::ema_decay_at(settings_.training.ema_decay, settings_.training.ema_warmup, step_);
}

/// Of a set that is read on the way.
torch::Tensor Trainer::fetch(const torch::Tensor& indices) {
    Result<torch::Tensor> items = source_->fetch(indices.to(torch::kCPU));
    if (!items) throw std::runtime_error(items.error().line());
    // Read ahead while this batch is computed.
    source_->announce(batches_.indices(step_ + 1).to(torch::kCPU));
    return *items;
}

void Trainer::step() {
    // Everything random in a step is a function of (seed, step): resume is exact without any generator state.
    generator_.set_current_seed(
        derive_seed(settings_.training.seed, Purpose::step, static_cast<std::uint64_t>(step_)));
    if (device_.is_cpu())
        step_here();
    else
        step_on_device();
}

Trainer::Computed Trainer::compute(const torch::Tensor& items, const torch::Tensor& indices) {
    const std::int64_t n = settings_.training.batch_size;
    torch::Tensor x0 = data::to_model_input(items, sample_size(settings_));
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

    network::Parameters& parameters = net_->parameters();
    parameters.refresh_working_copies();
    network::Mode mode{true, generator_, labels};
    network::set_precision(mode, settings_.training.precision);
    const Fitted fitted = settings_.training.objective == Objective::simple && net_->has_fit(x_t)
                              ? fit_at_once(x0, x_t, t, epsilon, weight, mode)
                              : fit(x0, x_t, t, epsilon, weight, mode);

    last_t_ = t;
    last_x0_ = x0;
    last_x_t_ = x_t;
    last_epsilon_ = epsilon;
    last_output_ = fitted.output;
    return {t, fitted.losses.minimised, fitted.losses.squared, fitted.loss, adam_.gradient_norm()};
}

/// By automatic differentiation.
Trainer::Fitted Trainer::fit(const torch::Tensor& x0, const torch::Tensor& x_t, const torch::Tensor& t,
                             const torch::Tensor& epsilon, const torch::Tensor& weight,
                             const network::Mode& mode) {
    const torch::Tensor output = net_->forward(x_t, t, mode);
    const diffusion::Losses losses =
        diffusion::losses(tables_, settings_.diffusion, settings_.training, x0, x_t, t, epsilon, output);
    network::Parameters& parameters = net_->parameters();
    parameters.flat_gradient().zero_();
    const torch::Tensor loss = weighted(losses.minimised, weight).mean();
    loss.backward();
    parameters.collect_gradients();
    return {output.detach(), {losses.minimised.detach(), losses.squared.detach()}, loss.detach()};
}

/// By a net that needs none: a small one's step is not much longer than what that takes.
Trainer::Fitted Trainer::fit_at_once(const torch::Tensor& x0, const torch::Tensor& x_t,
                                     const torch::Tensor& t, const torch::Tensor& epsilon,
                                     const torch::Tensor& weight, const network::Mode& mode) {
    const Prediction prediction = settings_.diffusion.prediction;
    const torch::Tensor of_squares = diffusion::weight_of_squares(tables_, prediction, settings_.training, t);
    const network::Net::Fit fit =
        net_->fit(x_t, t, diffusion::target_of(tables_, prediction, x0, x_t, t, epsilon),
                  of_squares.defined() ? weighted(of_squares, weight) : weight, mode);
    const torch::Tensor minimised = weighted(fit.squared, of_squares);
    return {fit.prediction, {minimised, fit.squared}, weighted(minimised, weight).mean()};
}

torch::Tensor Trainer::gradient_scale(const torch::Tensor& norm) const {
    const double clip = settings_.training.gradient_clip;
    return clip > 0 ? torch::clamp_max(clip / (norm + 1e-6), 1.0) : torch::ones({}, norm.options());
}

void Trainer::step_here() {
    const torch::Tensor indices = batches_.indices(step_);
    const Computed computed = compute(source_ ? fetch(indices) : items_.index_select(0, indices), indices);
    const torch::NoGradGuard no_grad;
    const auto loss = computed.loss.item<float>(), norm = computed.norm.item<float>();
    float* row = ring_.data_ptr<float>() + 2 * waiting_.size();
    row[0] = loss;
    row[1] = norm;
    waiting_.push_back(next_point());
    if (!(std::isfinite(loss) && std::isfinite(norm))) {
        failed_ = true; // before the update: weights, moments and EMA are those of the last good step
        return;
    }
    const double clip = settings_.training.gradient_clip;
    adam_.step(warmed_up_learning_rate(), clip > 0 ? std::min(clip / (norm + 1e-6), 1.0) : 1,
               {ema_net_->parameters().flat(), ema_decay()});
    ++step_;
    spectrum_.add(computed.t, computed.squared);
    timestep_sampler_.record(computed.t, computed.minimised);
}

MetricPoint Trainer::next_point() const {
    MetricPoint point;
    point.step = step_ + 1;
    point.learning_rate = warmed_up_learning_rate();
    return point;
}

void Trainer::step_on_device() {
    const torch::Tensor indices = batches_.indices(step_);
    if (source_) inputs_->set_items(fetch(indices));
    adam_.set_steps(step_); // a step that threw, for want of memory say, has not been made
    const Adam::Numbers numbers = adam_.next(warmed_up_learning_rate());
    inputs_->set(indices, {numbers.step_size, numbers.root_correction2, ema_decay(),
                           static_cast<std::int64_t>(waiting_.size())});
    if (recorded_ && !recorded_->recorded() && queued_before_recording_ >= steps_before_recording) {
        try {
            recorded_->record(device_, generator_, [this] { queue_step(); });
        } catch (const std::exception& failure) {
            // It holds all its memory at once; without it a step still fits where only that was too much.
            if (!compat::is_out_of_memory(failure)) throw;
            recorded_.reset();
            compat::release_cached_memory(device_);
        }
    }
    if (recorded_ && recorded_->recorded()) {
        recorded_->replay();
    } else {
        queue_step();
        ++queued_before_recording_;
    }
    waiting_.push_back(next_point());
    ++step_;
    queue_.mark();
}

/// All of a step on a GPU. The host must not wait for the loss, so the device itself keeps the old state
/// where it went wrong.
void Trainer::queue_step() {
    const torch::Tensor& indices = inputs_->indices();
    const Computed computed = compute(source_ ? inputs_->items() : items_.index_select(0, indices), indices);
    const torch::NoGradGuard no_grad;
    ring_.index_copy_(0, inputs_->row(), torch::stack({computed.loss, computed.norm}).unsqueeze(0));
    alive_.logical_and_(torch::isfinite(computed.loss)).logical_and_(torch::isfinite(computed.norm));
    adam_.step_on_device(inputs_->for_adam(), gradient_scale(computed.norm), ema_net_->parameters().flat(),
                         alive_);
    spectrum_.add(computed.t, computed.squared);
    timestep_sampler_.record(computed.t, computed.minimised);
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
    checkpoint.tensors.emplace_back(exp_avg_name, net_->parameters().portable(adam_.exp_avg()));
    checkpoint.tensors.emplace_back(exp_avg_sq_name, net_->parameters().portable(adam_.exp_avg_sq()));
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
    net_->parameters().take_portable(*exp_avg, adam_.exp_avg());
    net_->parameters().take_portable(*exp_avg_sq, adam_.exp_avg_sq());
    adam_.set_steps(checkpoint.step);
    timestep_sampler_.take(checkpoint.tensors);
    step_ = checkpoint.step;
    learning_rate_ = checkpoint.learning_rate > 0 ? checkpoint.learning_rate : learning_rate_;
    waiting_.clear();
    failed_ = false;
    return Done{};
}

} // namespace ddpm::training
