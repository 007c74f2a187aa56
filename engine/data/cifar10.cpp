#include "data/cifar10.h"

#include <fmt/format.h>

#include <fstream>
#include <system_error>

namespace ddpm::data {
namespace {

constexpr std::int64_t side = 32, pixels = 3 * side * side, record = 1 + pixels;
constexpr std::uint64_t most_bytes = 1'000'000'000; // six times the original set in a single file

/// [n, 3073] uint8
Result<torch::Tensor> read_records(const std::filesystem::path& file) {
    std::error_code problem;
    if (!std::filesystem::is_regular_file(file, problem))
        return Error{"the file of CIFAR-10 is missing", file.string(),
                     "fetch the set, or choose the folder with the files of its “binary version”"};
    const std::uintmax_t size = std::filesystem::file_size(file, problem);
    if (problem) return Error{"it cannot be read", file.string(), "check that you may read it"};
    if (size == 0 || size % record != 0 || size > most_bytes)
        return Error{fmt::format("it has {} bytes; records of CIFAR-10 have {} each", size, record),
                     file.string(), "it is cut off or not the binary version: get it again"};
    torch::Tensor records = torch::empty({static_cast<std::int64_t>(size) / record, record}, torch::kUInt8);
    std::ifstream stream(file, std::ios::binary);
    stream.read(static_cast<char*>(records.data_ptr()), static_cast<std::streamsize>(size));
    if (!stream) return Error{"it cannot be read", file.string(), "check that you may read it"};
    const int largest = records.select(1, 0).max().item<int>();
    if (largest > 9)
        return Error{fmt::format("it holds the label {}, the largest should be 9", largest), file.string(),
                     "it is damaged or belongs to another data set: get it again"};
    return records;
}

} // namespace

Result<Dataset> open_cifar10(const std::filesystem::path& folder, bool test_split) {
    const std::string first = test_split ? "test_batch.bin" : "data_batch_1.bin";
    std::error_code ignored;
    const std::filesystem::path below = folder / "cifar-10-batches-bin"; // the folder in the archive
    const bool use_below =
        !std::filesystem::exists(folder / first, ignored) && std::filesystem::exists(below / first, ignored);
    std::vector<torch::Tensor> parts;
    for (int i = 1; i <= (test_split ? 1 : 5); ++i) {
        const std::string name = test_split ? first : fmt::format("data_batch_{}.bin", i);
        Result<torch::Tensor> part = read_records((use_below ? below : folder) / name);
        if (!part) return part.error();
        parts.push_back(std::move(*part));
    }
    const torch::Tensor records = torch::cat(parts);
    Dataset set{"CIFAR-10", records.slice(1, 1).reshape({-1, 3, side, side}).contiguous(),
                records.select(1, 0).to(torch::kInt64), 10};
    set.class_names = {"airplane", "automobile", "bird",  "cat",  "deer",
                       "dog",      "frog",       "horse", "ship", "truck"};
    return set;
}

} // namespace ddpm::data
