#include "fuzz/parsers.h"

#include "formats/atomic_file.h"
#include "formats/checkpoint.h"
#include "formats/diffusers_config.h"
#include "formats/safetensors.h"
#include "formats/settings_json.h"
#include "formats/strict_json.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sys/mman.h>
#include <unistd.h>

namespace ddpm::fuzz {
namespace {

namespace fs = std::filesystem;
using namespace formats;

/// A file without a place on the disk, for parsers that take a path.
class MemoryFile {
public:
    explicit MemoryFile(std::string_view bytes) : file_(::memfd_create("fuzz", MFD_CLOEXEC)) {
        for (std::string_view left = bytes; !left.empty();) {
            const ssize_t written = ::write(file_, left.data(), left.size());
            if (written <= 0) std::abort();
            left.remove_prefix(static_cast<std::size_t>(written));
        }
    }
    ~MemoryFile() { ::close(file_); }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;
    fs::path path() const { return "/proc/self/fd/" + std::to_string(file_); }

private:
    int file_;
};

/// A folder that goes with the process; its one checkpoint is replaced for every input.
class RunFolder {
public:
    RunFolder() : path_(fs::temp_directory_path() / ("ddpm-fuzz-" + std::to_string(::getpid()))) {
        fs::create_directories(path_ / "checkpoints");
    }
    ~RunFolder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    RunFolder(const RunFolder&) = delete;
    RunFolder& operator=(const RunFolder&) = delete;
    const fs::path& path() const { return path_; }

private:
    fs::path path_;
};

template <typename T>
bool is_whole(const Result<T>& result) {
    return result.ok() || (!result.error().what.empty() && !result.error().remedy.empty());
}

bool same(const TensorList& a, const TensorList& b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const torch::Tensor &x = a[i].second, &y = b[i].second;
        if (a[i].first != b[i].first || x.sizes() != y.sizes() || x.scalar_type() != y.scalar_type() ||
            (x.numel() > 0 && std::memcmp(x.data_ptr(), y.data_ptr(), x.nbytes()) != 0))
            return false;
    }
    return true;
}

std::string run_safetensors(std::string_view bytes) {
    const auto file = read_safetensors(MemoryFile(bytes).path());
    if (!is_whole(file)) return "an error without words";
    if (!file) return {};
    static const RunFolder folder;
    static const FileSystem fast = [] {
        FileSystem table = FileSystem::real();
        table.fsync = [](int) { return 0; }; // no power cut is expected here
        return table;
    }();
    const ScopedFileSystem scope(fast);
    const fs::path copy = folder.path() / "copy.safetensors";
    if (const Status written = write_safetensors(copy, file->tensors, file->metadata); !written)
        return "what was read cannot be written: " + written.error().line();
    const auto first = read_safetensors(copy);
    if (!first || first->metadata != file->metadata || first->tensors.size() != file->tensors.size())
        return "what was written cannot be read";
    // Now in the writer's own order.
    if (!write_safetensors(copy, first->tensors, first->metadata)) return "it cannot be written twice";
    const auto second = read_safetensors(copy);
    return second && same(first->tensors, second->tensors) ? "" : "the second copy differs";
}

std::string run_checkpoint(std::string_view bytes) {
    static const RunFolder folder;
    const fs::path file = folder.path() / "checkpoints" / "step_00000007.safetensors";
    fs::remove(file); // some file systems wait for the disk when a file is emptied and written again
    std::ofstream(file, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    const auto loaded = load_newest_checkpoint(folder.path());
    if (!is_whole(loaded)) return "an error without words";
    return !loaded || loaded->checkpoint.step == 7 ? "" : "another step than its name says";
}

std::string run_scheduler(std::string_view bytes) {
    const auto json = parse_json_object(std::string(bytes), "scheduler_config.json");
    if (!is_whole(json)) return "an error without words";
    if (!json) return {};
    const auto read = scheduler_from_config(*json, "scheduler_config.json");
    if (!is_whole(read)) return "an error without words";
    if (!read) return {};
    if (!read->diffusion.schedule.check().empty()) return "a schedule was accepted that cannot be made";
    if (!read->sampling.check(read->diffusion.schedule.timesteps).empty())
        return "sampling settings were accepted that cannot be used";
    const std::vector<double> betas(static_cast<std::size_t>(read->diffusion.schedule.timesteps), 0.5);
    const auto written = scheduler_to_config(read->diffusion, read->sampling, betas);
    if (!written) return "what was read cannot be written: " + written.error().line();
    const auto again = scheduler_from_config(*written, "again");
    if (!again) return "what was written cannot be read: " + again.error().line();
    if (*scheduler_to_config(again->diffusion, again->sampling, betas) != *written) return "the copy differs";
    return {};
}

std::string run_unet(std::string_view bytes) {
    const auto json = parse_json_object(std::string(bytes), "config.json");
    if (!is_whole(json)) return "an error without words";
    if (!json) return {};
    const auto unet = unet_from_config(*json, "config.json");
    if (!is_whole(unet)) return "an error without words";
    if (!unet) return {};
    if (!unet->check().empty()) return "a net was accepted that cannot be made";
    const auto again = unet_from_config(unet_to_config(*unet), "again");
    return again && *again == *unet ? "" : "the copy differs";
}

std::string run_settings(std::string_view bytes) {
    const std::string text(bytes);
    const auto run = run_settings_from_json(text, "settings.json");
    const auto sampling = sampling_settings_from_json(text, "sampling.json");
    if (!is_whole(run) || !is_whole(sampling)) return "an error without words";
    if (run) {
        (void)run->check(); // says what is wrong with the values; must cope with all of them
        const auto again = run_settings_from_json(to_json(*run), "again");
        if (!again || !(*again == *run)) return "the copy differs";
    }
    if (sampling) {
        (void)sampling->check(1000);
        const auto again = sampling_settings_from_json(to_json(*sampling), "again");
        if (!again || !(*again == *sampling)) return "the copy differs";
    }
    return {};
}

} // namespace

const std::vector<Parser>& parsers() {
    static const std::vector<Parser> all{{"safetensors", run_safetensors},
                                         {"checkpoint", run_checkpoint},
                                         {"scheduler", run_scheduler},
                                         {"unet", run_unet},
                                         {"settings", run_settings}};
    return all;
}

const Parser& parser(std::string_view name) {
    for (const Parser& candidate : parsers())
        if (name == candidate.name) return candidate;
    std::fprintf(stderr, "no parser is called %.*s\n", static_cast<int>(name.size()), name.data());
    std::abort();
}

} // namespace ddpm::fuzz
