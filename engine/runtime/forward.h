// The forward process of one picture or point set, every t, for the Noise stage.
#pragma once

#include "data/dataset.h"
#include "ddpm/chain_record.h"
#include "ddpm/command.h"
#include "ddpm/result.h"

#include <memory>

namespace ddpm::runtime {

/// `dataset` is the opened request.data; unused where request.file is set.
Result<std::shared_ptr<const ForwardRecord>> run_forward(const RunForward& request,
                                                         const data::Dataset& dataset);

} // namespace ddpm::runtime
