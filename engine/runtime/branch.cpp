#include "runtime/branch.h"

#include "runtime/explorations.h"
#include "runtime/pictures.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace ddpm::runtime {
namespace {

constexpr std::size_t fewest_states = 4; ///< less is no chain to look at
constexpr int most_chains = 65'536;

ItemShape items_of(const Model& model, int count) {
    const std::vector<std::int64_t> shape = model.item_shape();
    if (shape.size() == 1) return {count, 0, 0, 0};
    return {count, static_cast<int>(shape[1]), static_cast<int>(shape[2]), static_cast<int>(shape[0])};
}

Error misfit(const char* what, std::size_t has, std::size_t wants) {
    return {fmt::format("{} has {} values, the model works on {}", what, has, wants), "the branch",
            "begin it from a state of the same model"};
}

Status check_time(const Model& model, int t) {
    if (t >= 1 && t <= model.schedule.timesteps()) return Done{};
    return Error{fmt::format("t = {} is out of range", t), "the branch",
                 fmt::format("choose 1 to {}", model.schedule.timesteps())};
}

/// The chains whose noise is drawn: those that were named, or one after the other.
std::vector<std::int64_t> chains_of(const StartBranch& command) {
    if (!command.noise_chains.empty()) return command.noise_chains;
    std::vector<std::int64_t> chains(static_cast<std::size_t>(command.settings.count));
    std::iota(chains.begin(), chains.end(), 0);
    return chains;
}

void begin_at(Given& given, const Beginning& beginning) {
    given.x_T = beginning.x;
    given.from = beginning.index;
}

Status begin(const FromNoise&, const StartBranch&, const Model&, Given&) {
    return Done{};
}

Status begin(const FromState& from, const StartBranch& command, const Model& model, Given& given) {
    if (Status fits = check_time(model, from.t); !fits) return fits;
    const ItemShape shape = items_of(model, command.settings.count);
    if (from.x.size() != shape.values()) return misfit("the state", from.x.size(), shape.values());
    begin_at(given, {from_values(shape, from.x), from.t - 1});
    return Done{};
}

Status begin(const FromPicture& from, const StartBranch& command, const Model& model, Given& given) {
    if (Status fits = check_time(model, from.t); !fits) return fits;
    const ItemShape shape = items_of(model, 1);
    if (from.x0.size() != shape.values()) return misfit("the picture", from.x0.size(), shape.values());
    begin_at(given, noised(model, command.settings, from_values(shape, from.x0), from.t, chains_of(command)));
    return Done{};
}

Status begin(const FromMixture& from, const StartBranch& command, const Model& model, Given& given) {
    if (Status fits = check_time(model, from.t); !fits) return fits;
    const ItemShape one = items_of(model, 1), two = items_of(model, 2);
    for (const std::vector<float>* picture : {&from.first, &from.second})
        if (picture->size() != one.values()) return misfit("a picture", picture->size(), one.values());
    if (from.lambdas.size() != static_cast<std::size_t>(command.settings.count))
        return Error{"there is not one lambda for each chain", "the branch", "give as many as chains"};
    std::vector<float> both = from.first;
    both.insert(both.end(), from.second.begin(), from.second.end());
    begin_at(given,
             mixture(model, command.settings, from_values(two, both), from.t, from.lambdas, from.separate));
    given.chains.assign(from.lambdas.size(), 0); // frozen: only lambda differs
    return Done{};
}

Status check_lists(const StartBranch& command, const Model& model) {
    const auto count = static_cast<std::size_t>(command.settings.count);
    if (command.settings.count > most_chains)
        return Error{"that are too many chains", "the branch", "choose at most 65,536"};
    if (!command.noise_chains.empty() && command.noise_chains.size() != count)
        return Error{"there is not one noise for each chain", "the branch", "give as many as chains"};
    if (command.labels.empty()) return Done{};
    const int embeddings =
        model.settings.model.kind == NetKind::unet ? model.settings.model.unet.num_class_embeds : 0;
    const bool known = std::all_of(command.labels.begin(), command.labels.end(),
                                   [&](int label) { return label >= 0 && label < embeddings; });
    if (!known || command.labels.size() != count)
        return Error{"the classes do not fit the model", "the branch",
                     fmt::format("give one for each chain, below {}", embeddings)};
    return Done{};
}

} // namespace

Result<std::unique_ptr<ChainJob>> start_branch(const StartBranch& command, Model model, std::size_t memory,
                                               double slice) {
    if (const auto problems = check_sampling(model, command.settings); !problems.empty())
        return to_error(problems, "settings");
    if (Status fits = check_lists(command, model); !fits) return fits.error();
    if (memory < fewest_states * ChainJob::state_bytes(model, command.settings.count))
        return Error{"the memory for chains is used up", "the branch",
                     "close another exploration, take fewer chains, or allow more memory"};
    Given given;
    given.chains = command.noise_chains;
    given.labels = command.labels;
    const Status begun =
        std::visit([&](const auto& from) { return begin(from, command, model, given); }, command.from);
    if (!begun) return begun.error();
    return std::make_unique<ChainJob>(command.id, std::move(model), command.settings, memory, slice,
                                      std::move(given));
}

} // namespace ddpm::runtime
