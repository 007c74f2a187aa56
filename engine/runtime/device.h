// What is computed on, and what is said about it.
#pragma once

#include "ddpm/config.h"
#include "ddpm/event.h"

#include <torch/torch.h>

#include <cstdint>
#include <string>

namespace ddpm::runtime {

struct Device {
    torch::Device torch = torch::kCPU;
    DeviceInfo info;
    std::string notice; ///< why it is not what was asked for; empty if it is (FAULTS 35)
};

/// CUDA when there is one (automatic) or when asked for and there; the CPU otherwise. Called on the thread
/// that will use it, which gets a stream of its own on a GPU.
Device choose_device(DeviceChoice choice);

/// Sets up the calling thread: tensor threads (0 = all cores), OpenCV's, and a lower priority than the
/// window's.
void prepare_engine_thread(int threads);

/// Bytes this process holds in memory.
std::uint64_t resident_bytes();

} // namespace ddpm::runtime
