#include "runtime/chain_export.h"

#include "formats/atomic_file.h"
#include "formats/picture_grid.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ddpm::runtime {
namespace {

namespace fs = std::filesystem;

constexpr int cloud_side = 512, strip_cloud_side = 192; ///< pixels
constexpr double hold_seconds = 1.5;

Status check(const ExportChain& command, const ChainRecord& record) {
    const auto refuse = [&](std::string what, std::string remedy) {
        return Status(Error{std::move(what), command.file.string(), std::move(remedy)});
    };
    if (record.size() == 0) return refuse("there is no chain to export yet", "draw samples first");
    if (command.chain >= record.settings().count)
        return refuse("there is no chain " + std::to_string(command.chain + 1), "choose one that was drawn");
    if (command.shape == ExportChain::Shape::film) {
        if (!formats::movie_format(command.file))
            return refuse("its ending is not that of a film", "call it .mp4, .gif or .apng");
        if (!(command.seconds >= 0.2 && command.seconds <= 600))
            return refuse("the film's length is out of range", "choose 0.2 to 600 seconds");
    }
    if (command.shape == ExportChain::Shape::strip && (command.states < 2 || command.states > 64))
        return refuse("the number of states is out of range", "choose 2 to 64");
    std::error_code ignored;
    if (command.shape == ExportChain::Shape::numbered && fs::exists(command.file, ignored) &&
        !(fs::is_directory(command.file, ignored) && fs::is_empty(command.file, ignored)))
        return refuse("there is something of that name", "name a new folder");
    return Done{};
}

} // namespace

ChainExport::ChainExport(std::shared_ptr<const ChainRecord> record, ExportChain command, std::string settings)
    : record_(std::move(record)), command_(std::move(command)), settings_(std::move(settings)),
      states_(record_->size()) {
    // At the end there is nothing left to take away: that state has no epsilon.
    if (command_.part == ExportChain::Part::epsilon && states_ > 1 &&
        !record_->state(states_ - 1)->has(ChainPart::epsilon))
        --states_;
    if (command_.shape == ExportChain::Shape::film)
        frames_ = std::max(2, static_cast<int>(std::lround(command_.seconds * formats::movie_rate)));
    else if (command_.shape == ExportChain::Shape::numbered)
        frames_ = states_;
}

Result<std::unique_ptr<ChainExport>> ChainExport::start(std::shared_ptr<const ChainRecord> record,
                                                        ExportChain command, std::string settings) {
    if (Status fits = check(command, *record); !fits) return fits.error();
    std::unique_ptr<ChainExport> job(
        new ChainExport(std::move(record), std::move(command), std::move(settings)));
    const Result<PictureStack> first = job->frame(0);
    if (!first) return first.error();
    if (job->command_.shape == ExportChain::Shape::film) {
        auto film = formats::make_movie(*formats::movie_format(job->command_.file), first->width,
                                        first->height, first->channels);
        if (!film) {
            Error error = film.error();
            if (error.where.empty()) error.where = job->command_.file.string();
            return error;
        }
        job->film_ = std::move(film).value();
    } else if (job->command_.shape == ExportChain::Shape::numbered) {
        const fs::path folder = formats::temporary_path(job->command_.file);
        if (Status made = formats::make_folders(folder); !made) return made.error();
        job->unfinished_ = folder;
    }
    return job;
}

ChainExport::~ChainExport() {
    std::error_code ignored;
    if (!unfinished_.empty()) fs::remove_all(unfinished_, ignored);
}

int ChainExport::state_at(int frame) const {
    if (frames_ < 2) return 0;
    return static_cast<int>(
        std::lround(static_cast<double>(frame) * (states_ - 1) / static_cast<double>(frames_ - 1)));
}

Result<PictureStack> ChainExport::frame(int index) const {
    const Drawable shown = record_->state(state_at(index))->drawable(command_.part, command_.chain);
    if (shown.empty())
        return Error{"this state has no such picture", command_.file.string(), "choose x or x̂₀"};
    if (!shown.points.empty()) return formats::compose_points(shown.points, cloud_side);
    return formats::compose_grid(shown.pictures, command_.layout);
}

Status ChainExport::add_to_film(int index) {
    const Result<PictureStack> picture = frame(index);
    if (!picture) return picture.error();
    const bool last = index + 1 == frames_;
    const int ticks = last ? 1 + static_cast<int>(hold_seconds * formats::movie_rate) : 1;
    return film_->add(*picture, ticks);
}

Status ChainExport::write_numbered(int index) {
    const Result<PictureStack> picture = frame(index);
    if (!picture) return picture.error();
    return formats::write_png(unfinished_ / fmt::format("{:05}.png", index), *picture, settings_);
}

Status ChainExport::write_strip() {
    const int columns = std::min(command_.states, states_);
    PictureStack all;
    const int chains = record_->settings().count;
    for (int row = 0; row < (command_.chain < 0 ? chains : 1); ++row)
        for (int column = 0; column < columns; ++column) {
            const int at = columns < 2 ? 0
                                       : static_cast<int>(std::lround(static_cast<double>(column) *
                                                                      (states_ - 1) / (columns - 1)));
            const auto state = record_->state(at);
            const bool points = state->shape.is_points();
            if (points && row > 0) continue;
            const Drawable shown =
                state->drawable(command_.part, points || command_.chain >= 0 ? command_.chain : row);
            const PictureStack one =
                points ? formats::compose_points(shown.points, strip_cloud_side) : shown.pictures;
            all.height = one.height;
            all.width = one.width;
            all.channels = one.channels;
            ++all.count;
            all.bytes.insert(all.bytes.end(), one.bytes.begin(), one.bytes.end());
        }
    GridLayout layout = command_.layout;
    layout.columns = columns;
    if (record_->state(0)->shape.is_points()) layout.scale = 1;
    const Result<PictureStack> strip = formats::compose_grid(all, layout);
    if (!strip) return strip.error();
    return formats::write_png(command_.file, *strip, settings_);
}

Status ChainExport::complete() {
    if (film_) {
        const Result<std::string> bytes = film_->finish();
        if (!bytes) return bytes.error();
        return formats::write_file_atomically(command_.file, *bytes);
    }
    if (unfinished_.empty()) return Done{};
    if (Status renamed = formats::rename_folder(unfinished_, command_.file); !renamed) return renamed;
    unfinished_.clear();
    return Done{};
}

Progress ChainExport::advance() {
    if (error_ || next_ >= frames_) return Progress::done;
    Status made = Done{};
    if (command_.shape == ExportChain::Shape::film)
        made = add_to_film(next_);
    else if (command_.shape == ExportChain::Shape::numbered)
        made = write_numbered(next_);
    else
        made = write_strip();
    ++next_;
    if (made && next_ == frames_) made = complete();
    if (!made) {
        error_ = made.error();
        if (error_->where.empty()) error_->where = command_.file.string();
        return Progress::done;
    }
    return next_ == frames_ ? Progress::done : Progress::more;
}

} // namespace ddpm::runtime
