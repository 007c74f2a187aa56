// Adam against LibTorch's own, seeds against SplitMix64's published numbers, batches as permutations.
#include "training/adam.h"
#include "training/batches.h"
#include "training/seeds.h"

#include <QtTest>

#include <set>

using namespace ddpm::training;

class AdamTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void matches_libtorchs_adam();
    void one_pass_matches_adam_and_average_in_float64();
    void every_epoch_is_a_permutation();
    void seeds_differ_by_purpose_and_counter();
};

void AdamTest::matches_libtorchs_adam() {
    torch::manual_seed(4);
    const torch::Tensor start = torch::randn({64}, torch::kFloat64);
    torch::Tensor theirs = start.clone().set_requires_grad(true);
    torch::optim::Adam reference({theirs}, torch::optim::AdamOptions(3e-3));
    const torch::Tensor ours = start.clone(), gradient = torch::zeros_like(ours);
    Adam adam(ours, gradient);
    for (int step = 0; step < 50; ++step) {
        const torch::Tensor g = torch::randn({64}, torch::kFloat64);
        theirs.mutable_grad() = 0.5 * g;
        reference.step();
        gradient.copy_(g);
        adam.step(3e-3, 0.5, {});
        QVERIFY((ours - theirs.detach()).abs().max().item<double>() < 1e-12);
    }
}

void AdamTest::one_pass_matches_adam_and_average_in_float64() {
    torch::manual_seed(5);
    // More than a piece of the kernel, and not a whole number of vectors.
    const torch::Tensor start = torch::randn({50'003}, torch::kFloat64);
    torch::Tensor theirs = start.clone().set_requires_grad(true);
    torch::optim::Adam reference({theirs}, torch::optim::AdamOptions(3e-3));
    torch::Tensor their_average = start.clone();
    const torch::Tensor ours = start.to(torch::kFloat32), average = ours.clone(),
                        gradient = torch::zeros_like(ours);
    Adam adam(ours, gradient);
    for (int step = 0; step < 30; ++step) {
        const torch::Tensor g = torch::randn({50'003}, torch::kFloat64);
        theirs.mutable_grad() = 0.25 * g;
        reference.step();
        their_average = 0.9 * their_average + 0.1 * theirs.detach();
        gradient.copy_(g);
        adam.step(3e-3, 0.25, {average, 0.9});
    }
    QVERIFY((ours - theirs.detach()).abs().max().item<double>() < 2e-6);
    QVERIFY((average - their_average).abs().max().item<double>() < 2e-6);
}

void AdamTest::every_epoch_is_a_permutation() {
    Batches batches(103, 10, 7, torch::kCPU);
    QCOMPARE(batches.batches_per_epoch(), std::int64_t{10});
    std::vector<std::vector<std::int64_t>> epochs;
    for (std::int64_t epoch = 0; epoch < 3; ++epoch) {
        std::vector<std::int64_t> seen;
        for (std::int64_t b = 0; b < 10; ++b) {
            const torch::Tensor indices = batches.indices(epoch * 10 + b);
            for (std::int64_t i = 0; i < 10; ++i)
                seen.push_back(indices[i].item<std::int64_t>());
        }
        const std::set<std::int64_t> distinct(seen.begin(), seen.end());
        QCOMPARE(distinct.size(), std::size_t{100});
        QVERIFY(*distinct.begin() >= 0 && *distinct.rbegin() < 103);
        epochs.push_back(seen);
    }
    QVERIFY(epochs[0] != epochs[1]);
    // Going back (resume) gives the same batch again.
    Batches again(103, 10, 7, torch::kCPU);
    QVERIFY(torch::equal(again.indices(23), batches.indices(23)));
}

void AdamTest::seeds_differ_by_purpose_and_counter() {
    std::set<std::uint64_t> seeds;
    for (const Purpose purpose : {Purpose::weights, Purpose::order, Purpose::step})
        for (std::uint64_t counter = 0; counter < 1000; ++counter)
            seeds.insert(derive_seed(1, purpose, counter));
    QCOMPARE(seeds.size(), std::size_t{3000});
    QVERIFY(derive_seed(1, Purpose::step, 5) != derive_seed(2, Purpose::step, 5));
    // The first output of SplitMix64 seeded with 0 (Vigna's reference code) is the finaliser of one
    // increment; three of them are chained, so the constant below was worked out from that code by hand.
    const auto mix = [](std::uint64_t z) {
        z += 0x9e3779b97f4a7c15ULL;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return z ^ (z >> 31);
    };
    QCOMPARE(mix(0), std::uint64_t{0xe220a8397b1dcdafULL});
    QCOMPARE(derive_seed(0, Purpose::weights, 0), mix(mix(0xe220a8397b1dcdafULL ^ 1)));
}

QTEST_GUILESS_MAIN(AdamTest)
#include "test_adam.moc"
