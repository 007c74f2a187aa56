// Shapes that a group norm's kernel must get right, as rows of a Qt test, and pictures for them.
#pragma once

#include <QtTest>
#include <torch/torch.h>

#include <cstdint>
#include <vector>

namespace ddpm::test {

inline void add_norm_cases() {
    QTest::addColumn<int>("n");
    QTest::addColumn<int>("channels");
    QTest::addColumn<int>("groups");
    QTest::addColumn<int>("size");
    QTest::addColumn<bool>("shift");
    QTest::addColumn<bool>("silu");
    QTest::addColumn<double>("dropout");
    QTest::addRow("small") << 5 << 32 << 32 << 8 << true << true << 0.0;
    QTest::addRow("groups of several") << 3 << 64 << 8 << 7 << true << true << 0.0;
    QTest::addRow("no whole vector") << 2 << 6 << 3 << 5 << true << true << 0.3;
    QTest::addRow("a vector and a bit") << 2 << 24 << 8 << 4 << false << true << 0.1;
    QTest::addRow("attention's") << 4 << 48 << 4 << 4 << false << false << 0.0;
    QTest::addRow("one example") << 1 << 128 << 32 << 16 << true << true << 0.1;
    QTest::addRow("one pixel") << 2 << 32 << 4 << 1 << true << true << 0.0;
    QTest::addRow("one group") << 2 << 33 << 1 << 3 << true << false << 0.5;
}

/// float32 in channels-last memory
inline torch::Tensor pictures(const std::vector<std::int64_t>& shape, double offset = 0) {
    return (torch::randn(shape, torch::kFloat64) + offset)
        .to(torch::kFloat32)
        .contiguous(at::MemoryFormat::ChannelsLast);
}

} // namespace ddpm::test
