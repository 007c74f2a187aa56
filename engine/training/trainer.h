// Algorithm 1: one call, one optimisation step. Knows no thread, no window and no folder.
#pragma once

#include "compat/device_graph.h"
#include "data/dataset.h"
#include "ddpm/config.h"
#include "ddpm/event.h"
#include "diffusion/objective.h"
#include "diffusion/tables.h"
#include "formats/checkpoint.h"
#include "network/net.h"
#include "training/adam.h"
#include "training/batches.h"
#include "training/spectrum.h"
#include "training/step_inputs.h"
#include "training/timestep_sampler.h"

#include <torch/torch.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace ddpm::training {

/// One example of the newest batch: what the net was shown and what it answered. [1, …] float32 on the
/// device.
struct Example {
    int t_index = 0; ///< 0-based
    torch::Tensor x0, x_t, epsilon, epsilon_hat;
};

class Trainer {
public:
    /// `settings` must pass check(); the data set must hold at least one batch and fit the net (see
    /// check_data).
    Trainer(const RunSettings& settings, const data::Dataset& dataset, torch::Device device);

    /// Problems that only the data show: fewer items than a batch, pictures larger than the net's
    /// sample_size, other classes than the net's.
    static std::vector<Problem> check_data(const RunSettings& settings, const data::Dataset& dataset);

    /// One step. Throws where a set that is read on the way cannot be read any more. Where the loss or the
    /// gradient is not finite nothing is updated and failed() becomes true (at once on a CPU, at the next
    /// drain_metrics() on a GPU; the update is gated on the device in between).
    void step();

    /// Metrics of the steps since the last call, oldest first. The only place where the device is waited for.
    std::vector<MetricPoint> drain_metrics();
    bool metrics_full() const; ///< drain now, or the oldest would be lost

    bool failed() const { return failed_; }
    void clear_failure() { failed_ = false; }

    std::int64_t steps_done() const { return step_; }
    double learning_rate() const { return learning_rate_; }
    void set_learning_rate(double value) { learning_rate_ = value; }
    std::int64_t batches_per_epoch() const { return batches_.batches_per_epoch(); }

    network::Net& net() { return *net_; }
    network::Net& ema_net() { return *ema_net_; }
    std::optional<Example> example() const;
    std::vector<double> spectrum() const { return spectrum_.means(); }

    /// A consistent copy of everything on the CPU (FAULTS 8); `planned_steps` and `seconds` are the caller's
    /// to fill in.
    formats::Checkpoint checkpoint() const;
    /// Back to a checkpoint of the same settings. Nothing is changed if it does not fit.
    Status restore(const formats::Checkpoint& checkpoint, const std::string& where);

private:
    double warmed_up_learning_rate() const;
    double ema_decay() const;
    torch::Tensor fetch(const torch::Tensor& indices);
    /// Loss and gradient of one batch. Waits for nothing and knows no step number: what is random comes from
    /// generator_.
    struct Computed {
        torch::Tensor t;          ///< [N] int64
        torch::Tensor minimised;  ///< [N]: what was minimised
        torch::Tensor squared;    ///< [N]: the plain squared error
        torch::Tensor loss, norm; ///< []: of the batch
    };
    /// What the net said, and what came of it; the gradient is in its parameters'.
    struct Fitted {
        torch::Tensor output;
        diffusion::Losses losses;
        torch::Tensor loss; ///< []: of the batch
    };
    Fitted fit(const torch::Tensor& x0, const torch::Tensor& x_t, const torch::Tensor& t,
               const torch::Tensor& epsilon, const torch::Tensor& weight, const network::Mode& mode);
    Fitted fit_at_once(const torch::Tensor& x0, const torch::Tensor& x_t, const torch::Tensor& t,
                       const torch::Tensor& epsilon, const torch::Tensor& weight, const network::Mode& mode);
    Computed compute(const torch::Tensor& items, const torch::Tensor& indices);
    torch::Tensor gradient_scale(const torch::Tensor& norm) const;
    MetricPoint next_point() const; ///< of the step that is done now; loss and norm are still to come
    void step_here();
    void step_on_device();
    void queue_step();

    static constexpr int ring_size = 256;

    RunSettings settings_;
    torch::Device device_;
    std::unique_ptr<network::Net> net_, ema_net_;
    torch::Tensor items_; ///< the whole set on the device: uint8 pictures or float32 points; or undefined:
    std::shared_ptr<data::PictureSource> source_; ///< a set that is read on the way
    torch::Tensor labels_; ///< [N] int64 on the device; undefined where the net has no classes
    diffusion::Tables tables_;
    Adam adam_;
    Batches batches_;
    LossSpectrum spectrum_;
    TimestepSampler timestep_sampler_;
    torch::Generator generator_;
    torch::Tensor ring_;  ///< [ring_size, 2] float32 on the device: loss, gradient norm
    torch::Tensor alive_; ///< [] bool on the device: false from the first non-finite step on (GPU)
    std::unique_ptr<StepInputs> inputs_;            ///< from here on: on a GPU only
    std::unique_ptr<compat::DeviceGraph> recorded_; ///< of queue_step(); null: it is queued each time
    compat::DeviceQueue queue_;
    int queued_before_recording_ = 0;
    std::vector<MetricPoint> waiting_; ///< their step and learning rate; loss and norm are still in ring_
    double learning_rate_;
    std::int64_t step_ = 0;
    bool failed_ = false;
    torch::Tensor last_t_, last_x0_, last_x_t_, last_epsilon_, last_output_;
};

} // namespace ddpm::training
