// The chains of the Denoise stage: a reverse walk whose every state is recorded.
#pragma once

#include "ddpm/chain_record.h"
#include "runtime/job.h"
#include "runtime/reverse_walk.h"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace ddpm::runtime {

class ChainJob final : public Job {
public:
    /// Records at most `memory` bytes; beyond that only every k-th state is kept (ChainRecord::stride says
    /// k). `slice`: as ReverseWalk's.
    ChainJob(std::uint64_t id, Model model, const SamplingSettings& settings, std::size_t memory,
             double slice, Given given = {});

    Progress advance() override;
    /// Slices until one more state is recorded or the chain is done.
    Progress advance_to_next_state();

    const std::shared_ptr<ChainRecord>& record() const { return record_; }
    const Model& model() const { return walk_.model(); }

    /// Bytes of one recorded state of that many chains.
    static std::size_t state_bytes(const Model& model, int count);

private:
    ReverseWalk walk_;
    std::shared_ptr<ChainRecord> record_;
};

} // namespace ddpm::runtime
