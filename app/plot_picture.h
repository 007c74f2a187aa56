// A plot to be drawn as a picture, as values: the verbs know no window, and a build may have none.
#pragma once

#include "ddpm/chain_record.h"
#include "ddpm/event.h"
#include "ddpm/number_table.h"
#include "ddpm/result.h"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace ddpm::app {

enum class PlotKind { loss, spectrum, schedule, snr };

struct RunLosses {
    std::string name;
    std::vector<MetricPoint> metrics;
};

struct PlotPicture {
    PlotKind what = PlotKind::loss;
    std::string name;                 ///< the run's or the schedule's, for the title
    std::vector<MetricPoint> metrics; ///< loss
    std::vector<RunLosses> beside;    ///< loss: of other runs; all are drawn smoothed then
    std::vector<double> spectrum;     ///< mean squared error in equal bins over 1…timesteps
    int timesteps = 0;                ///< T, of the spectrum
    ScheduleTable schedule;           ///< schedule, snr
    bool log = false;                 ///< the value's axis; that of snr always is
    int width = 0, height = 0;        ///< 0: the usual. PNG: pixels; SVG, PDF: 1/96 inch
};

/// Draws it as PNG, SVG or PDF by the file's ending, whole or not at all.
using PlotPainter = std::function<Status(const PlotPicture& picture, const std::filesystem::path& file)>;

/// What is drawn, as numbers: the same columns as the window's plot of that kind has.
std::vector<NumberColumn> numbers_of(const PlotPicture& picture);

/// The window's own plots, without a display. Only in a build with the window. Main thread.
Status draw_plot(const PlotPicture& picture, const std::filesystem::path& file);

} // namespace ddpm::app
