// TensorBoard event files: scalars and pictures of a run, appended to while it trains, for any standard
// reader.
#pragma once

#include "ddpm/picture.h"
#include "ddpm/result.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace ddpm::formats {

/// Seconds since 1970, as events carry them.
double wall_clock();

/// One event file. Every record is one write: a program that is killed leaves at most one torn record at the
/// end, which readers leave out. Such a file is never appended to again (FAULTS 40): each opening makes a new
/// one.
class EventFile {
public:
    /// A new file in `folder` (made if need be), "events.out.tfevents.<seconds>.ddpm-lab.<number>". Its name
    /// sorts behind those that are there: readers take the files in this order. `next_step` is the step
    /// that training goes on with: what older files say of it and of later ones no longer counts (the run
    /// went back to a checkpoint).
    static Result<EventFile> create(const std::filesystem::path& folder, std::int64_t next_step = 0,
                                    double wall_seconds = wall_clock());
    EventFile(EventFile&& other) noexcept;
    EventFile& operator=(EventFile&& other) noexcept;
    EventFile(const EventFile&) = delete;
    EventFile& operator=(const EventFile&) = delete;
    ~EventFile();

    /// Numbers at one step, by tag ("loss", "learning_rate"): finite or not, stored as float32. After an
    /// error (the disk is full) the file is as it was and the next one may work.
    Status add_scalars(std::int64_t step, const std::vector<std::pair<std::string, double>>& scalars,
                       double wall_seconds = wall_clock());
    /// One picture (count = 1, grey or RGB), stored as PNG.
    Status add_picture(std::int64_t step, const std::string& tag, const PictureStack& picture,
                       double wall_seconds = wall_clock());

    const std::filesystem::path& path() const { return path_; }

private:
    EventFile(std::filesystem::path path, int file);
    Status append(const std::string& event);

    std::filesystem::path path_;
    int file_;
    std::int64_t size_ = 0; ///< bytes of whole records
};

} // namespace ddpm::formats
