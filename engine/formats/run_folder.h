// A run is a folder: settings.json, metrics.csv, checkpoints/, samples/, and a lock while it is open.
#pragma once

#include "ddpm/config.h"
#include "ddpm/event.h"
#include "ddpm/result.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace ddpm::formats {

/// Held as long as the run is open for writing; a second program is refused (FAULTS 38). Released by the
/// destructor, and by the system when the process dies.
class RunLock {
public:
    virtual ~RunLock() = default;
};
Result<std::unique_ptr<RunLock>> lock_run(const std::filesystem::path& folder);

/// True if `folder` holds a settings.json of a run.
bool is_run_folder(const std::filesystem::path& folder);

/// Creates the folder (parents too) with settings.json and an empty metrics.csv. Refuses a folder that
/// already holds a run, and a path that is a file. Nothing existing is touched.
Status create_run(const std::filesystem::path& folder, const RunSettings& settings);

Result<RunSettings> read_run_settings(const std::filesystem::path& folder);
Status write_run_settings(const std::filesystem::path& folder, const RunSettings& settings);

/// Removes what a killed save left behind (our own temporary files only); the names of what was removed.
/// FAULTS 4.
std::vector<std::string> clean_orphans(const std::filesystem::path& folder);

/// Appends to metrics.csv ("step,loss,gradient_norm,learning_rate,seconds"; all digits, NaN as "nan").
Status append_metrics(const std::filesystem::path& folder, const std::vector<MetricPoint>& points);

/// The rows of metrics.csv; a torn last line is left out.
Result<std::vector<MetricPoint>> read_metrics(const std::filesystem::path& folder);

/// Before training goes on from `step`: rows beyond it move to metrics.after-<step>.csv (numbered, never
/// overwritten), so that nothing is silently lost or written twice. FAULTS 9.
Status cut_metrics(const std::filesystem::path& folder, std::int64_t step);

/// All points as CSV, written atomically.
Status write_metrics_csv(const std::filesystem::path& file, const std::vector<MetricPoint>& points);

} // namespace ddpm::formats
