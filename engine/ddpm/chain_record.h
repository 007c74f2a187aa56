// A recorded chain: append-only, immutable states. The engine writes the next state while the window reads
// any earlier one.
#pragma once

#include "ddpm/chain_state.h"
#include "ddpm/config.h"
#include "ddpm/picture.h"

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace ddpm {

/// The schedule as numbers, for curves and read-outs. Arrays are 0-based: index 0 is the paper's t = 1.
/// float64, length T.
struct ScheduleTable {
    std::vector<double> beta;               ///< beta_t, variance of step t
    std::vector<double> alpha_bar;          ///< product of (1 − beta); signal power left at t
    std::vector<double> posterior_variance; ///< beta-tilde_t, eq. 7

    int timesteps() const { return static_cast<int>(beta.size()); }
    /// alpha_bar at the paper's t = 0…T; alpha_bar at 0 is 1.
    double alpha_bar_at(int t) const { return t == 0 ? 1.0 : alpha_bar[static_cast<std::size_t>(t - 1)]; }
    /// Signal-to-noise ratio alpha_bar / (1 − alpha_bar) at the paper's t = 1…T.
    double snr_at(int t) const { return alpha_bar_at(t) / (1.0 - alpha_bar_at(t)); }
};

/// All states of the chains of one StartChain or StartBranch, in the order in which they came to be.
/// Thread-safe.
class ChainRecord {
public:
    ChainRecord(std::uint64_t id, SamplingSettings settings, ScheduleTable schedule, int planned_states,
                int stride);

    std::uint64_t id() const { return id_; }
    const SamplingSettings& settings() const { return settings_; }
    const ScheduleTable& schedule() const { return schedule_; }
    /// States there will be when the chain is finished (steps / stride, and the last).
    int planned() const { return planned_; }
    /// 1: every state is kept; k: every k-th, because all would not fit the memory budget.
    int stride() const { return stride_; }

    int size() const;
    bool finished() const;
    /// The state at `index` in 0…size()−1, or nullptr.
    std::shared_ptr<const ChainState> state(int index) const;
    std::size_t bytes() const; ///< memory that the states take

    void append(std::shared_ptr<const ChainState> state); ///< engine thread
    void finish();                                        ///< engine thread

private:
    const std::uint64_t id_;
    const SamplingSettings settings_;
    const ScheduleTable schedule_;
    const int planned_;
    const int stride_;
    mutable std::mutex mutex_;
    std::vector<std::shared_ptr<const ChainState>> states_;
    std::size_t bytes_ = 0;
    bool finished_ = false;
};

/// Another schedule beside that of a ForwardRecord.
struct ComparedSchedule {
    ScheduleSettings settings;
    ScheduleTable schedule;
};

/// The forward process of one picture (or one point set), every t at once. Immutable once published.
struct ForwardRecord {
    std::uint64_t id = 0;
    ScheduleSettings settings;
    ScheduleTable schedule;
    std::string title; ///< "MNIST 12,345 · label 7", a file name, "two moons"
    int label = -1;    ///< −1: none
    /// x_t for t = 0…T, [T + 1][values] float32; one picture is [height][width][channels], a point set
    /// [points][2]. In one jump (eq. 4) with one epsilon for all t, so that dragging t is continuous.
    std::vector<float> jump;
    /// Step by step (eq. 2), fresh noise in each step; same layout.
    std::vector<float> steps;
    std::vector<float> epsilon; ///< the noise of `jump`, [values]: any other schedule's x_t follows from it
    std::vector<ComparedSchedule> compared;  ///< as RunForward::compare asked
    std::size_t values = 0;                  ///< floats a state
    int height = 0, width = 0, channels = 0; ///< 0 for points

    bool is_points() const { return channels == 0; }
    const float* jump_at(int t) const { return jump.data() + static_cast<std::size_t>(t) * values; }
    const float* steps_at(int t) const { return steps.data() + static_cast<std::size_t>(t) * values; }
};

} // namespace ddpm
