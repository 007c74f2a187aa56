// Branches as an engine would record them: made by closed forms, so that a test knows every value.
#pragma once

#include "ddpm/command.h"
#include "ddpm/event.h"
#include "support/plausible.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <variant>

namespace ddpm::test {

/// The answer to `command`, `recorded` states of it (−1: all, finished). State i has t falling evenly from
/// where the branch begins to 0; chain k is x0_k + i-independent noise of strength t / T, with
/// x0_k = digit(k); a point p is (cos p, sin p) / 2.
inline BranchChanged answer(const StartBranch& command, int timesteps, bool points = false,
                            int recorded = -1) {
    int from = timesteps;
    if (const auto* state = std::get_if<FromState>(&command.from)) from = state->t;
    if (const auto* picture = std::get_if<FromPicture>(&command.from)) from = picture->t;
    if (const auto* mixture = std::get_if<FromMixture>(&command.from)) from = mixture->t;
    const int steps =
        std::max(1, static_cast<int>(std::lround(double(command.settings.steps) * from / timesteps)));
    const int count = command.settings.count;
    auto record =
        std::make_shared<ChainRecord>(command.id, command.settings, cosine_schedule(timesteps), steps + 1, 1);
    const ItemShape shape = points ? ItemShape{count, 0, 0, 0} : ItemShape{count, 28, 28, 1};
    const int states = recorded < 0 ? steps + 1 : std::min(recorded, steps + 1);
    for (int i = 0; i < states; ++i) {
        const int t = static_cast<int>(std::lround(double(from) * (steps - i) / steps));
        const auto strength = static_cast<float>(double(t) / timesteps);
        std::vector<float> x, guess, noise;
        for (int k = 0; k < count; ++k) {
            std::vector<float> x0 = points ? std::vector<float>{static_cast<float>(std::cos(k) / 2),
                                                                static_cast<float>(std::sin(k) / 2)}
                                           : digit(k, 1);
            for (std::size_t v = 0; v < x0.size(); ++v) {
                const auto bump = static_cast<float>(std::sin(double(v) * 1.7 + 3.1 * k));
                x.push_back(x0[v] + strength * bump);
                guess.push_back(x0[v] * (1 - strength / 2));
                noise.push_back(bump);
            }
        }
        if (t == 0) guess.clear(), noise.clear();
        auto state = std::make_shared<ChainState>(
            make_chain_state(t, shape, std::move(x), guess, noise, t > 1 ? 0.05 : 0.0));
        state->evaluations = std::min(i + 1, steps);
        record->append(std::move(state));
    }
    const bool done = states == steps + 1;
    if (done) record->finish();
    return {command.id, done ? ChainPhase::finished : ChainPhase::running, std::move(record)};
}

} // namespace ddpm::test
