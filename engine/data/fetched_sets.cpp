#include "data/fetched_sets.h"

#include <cstdlib>

namespace ddpm::data {

const std::vector<FetchedSet>& fetched_sets() {
    // Size and SHA-256 of CIFAR-10 as TensorFlow Datasets, Red Datasets and GoMLX state them, independently.
    static const std::vector<FetchedSet> sets{
        {"cifar10",
         "CIFAR-10",
         "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
         170'052'171,
         "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
         200'000'000,
         {"cifar-10-batches-bin/data_batch_1.bin", "cifar-10-batches-bin/data_batch_2.bin",
          "cifar-10-batches-bin/data_batch_3.bin", "cifar-10-batches-bin/data_batch_4.bin",
          "cifar-10-batches-bin/data_batch_5.bin", "cifar-10-batches-bin/test_batch.bin"}},
    };
    return sets;
}

const FetchedSet* find_fetched_set(const std::string& name) {
    for (const FetchedSet& set : fetched_sets())
        if (set.name == name) return &set;
    return nullptr;
}

std::filesystem::path fetched_folder(const std::string& name) {
    const char* data = std::getenv("XDG_DATA_HOME");
    const char* home = std::getenv("HOME");
    // A relative XDG_DATA_HOME is to be ignored, says the specification of these folders.
    const std::filesystem::path base = data && *data == '/' ? std::filesystem::path(data)
                                       : home && *home      ? std::filesystem::path(home) / ".local" / "share"
                                                            : std::filesystem::temp_directory_path();
    return base / "ddpm-lab" / "data" / name;
}

} // namespace ddpm::data
