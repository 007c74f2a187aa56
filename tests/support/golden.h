// Golden numbers made by the peers (tests/golden), read with the program's own strict reader.
#pragma once

#include "formats/safetensors.h"

#include <QtTest>
#include <torch/torch.h>

#include <filesystem>
#include <string>

namespace ddpm::test {

inline std::filesystem::path golden_path(const std::string& name) {
    return std::filesystem::path(DDPM_TEST_DATA) / "golden" / name;
}

/// Stops the test program if the file cannot be read: without it no comparison means anything.
inline formats::SafetensorsFile read_golden(const std::string& name) {
    auto file = formats::read_safetensors(golden_path(name));
    if (!file) qFatal("%s", file.error().line().c_str());
    return std::move(file).value();
}

inline torch::Tensor golden_tensor(const formats::SafetensorsFile& file, const std::string& name) {
    const torch::Tensor* tensor = file.find(name);
    if (!tensor) qFatal("no golden tensor %s", name.c_str());
    return *tensor;
}

inline double max_abs_difference(const torch::Tensor& a, const torch::Tensor& b) {
    if (a.sizes() != b.sizes()) qFatal("shapes differ");
    return (a.to(torch::kFloat64) - b.to(torch::kFloat64)).abs().max().item<double>();
}

} // namespace ddpm::test
