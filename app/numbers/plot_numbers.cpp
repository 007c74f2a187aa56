// What a plot shows, as numbers.
#include "ddpm/running_mean.h"
#include "plot_picture.h"

#include <cstdint>
#include <map>
#include <optional>

namespace ddpm::app {
namespace {

std::vector<NumberColumn> loss_columns(const std::vector<MetricPoint>& metrics) {
    std::vector<NumberColumn> columns{{"step", {}}, {"loss", {}}, {"smoothed_loss", {}}};
    RunningMean mean(usual_smoothing);
    for (const MetricPoint& point : metrics) {
        columns[0].values.emplace_back(static_cast<double>(point.step));
        columns[1].values.emplace_back(point.loss);
        columns[2].values.emplace_back(mean.add(point.loss));
    }
    return columns;
}

/// A row for every step that one of the runs has, a column of smoothed losses for each run.
std::vector<NumberColumn> compared_columns(const PlotPicture& picture) {
    std::map<std::int64_t, std::vector<std::optional<double>>> rows;
    const std::size_t count = picture.beside.size() + 1;
    std::vector<NumberColumn> columns{{"step", {}}};
    const auto add = [&](const std::string& name, const std::vector<MetricPoint>& metrics) {
        RunningMean mean(usual_smoothing);
        for (const MetricPoint& point : metrics) {
            std::vector<std::optional<double>>& row = rows[point.step];
            row.resize(count);
            row[columns.size() - 1] = mean.add(point.loss);
        }
        columns.push_back({name, {}});
    };
    add(picture.name, picture.metrics);
    for (const RunLosses& run : picture.beside)
        add(run.name, run.metrics);
    for (const auto& [step, row] : rows) {
        columns[0].values.emplace_back(static_cast<double>(step));
        for (std::size_t i = 0; i < count; ++i)
            columns[i + 1].values.push_back(row[i]);
    }
    return columns;
}

/// A row a bin, at its middle.
std::vector<NumberColumn> spectrum_columns(const std::vector<double>& spectrum, int timesteps) {
    std::vector<NumberColumn> columns{{"t", {}}, {"mean_squared_error", {}}};
    const auto bins = static_cast<double>(spectrum.size());
    for (std::size_t i = 0; i < spectrum.size(); ++i) {
        columns[0].values.emplace_back(0.5 + (static_cast<double>(i) + 0.5) * timesteps / bins);
        columns[1].values.emplace_back(spectrum[i]);
    }
    return columns;
}

std::vector<NumberColumn> schedule_columns(const ScheduleTable& schedule) {
    std::vector<NumberColumn> columns{{"t", {}}, {"alpha_bar", {}}, {"beta", {std::nullopt}}};
    for (int t = 0; t <= schedule.timesteps(); ++t) {
        columns[0].values.emplace_back(t);
        columns[1].values.emplace_back(schedule.alpha_bar_at(t));
    }
    for (const double beta : schedule.beta)
        columns[2].values.emplace_back(beta);
    return columns;
}

std::vector<NumberColumn> snr_columns(const ScheduleTable& schedule) {
    std::vector<NumberColumn> columns{{"t", {}}, {"snr", {}}};
    for (int t = 1; t <= schedule.timesteps(); ++t) {
        columns[0].values.emplace_back(t);
        columns[1].values.emplace_back(schedule.snr_at(t));
    }
    return columns;
}

} // namespace

std::vector<NumberColumn> numbers_of(const PlotPicture& picture) {
    switch (picture.what) {
    case PlotKind::spectrum:
        return spectrum_columns(picture.spectrum, picture.timesteps);
    case PlotKind::schedule:
        return schedule_columns(picture.schedule);
    case PlotKind::snr:
        return snr_columns(picture.schedule);
    case PlotKind::loss:
        break;
    }
    return picture.beside.empty() ? loss_columns(picture.metrics) : compared_columns(picture);
}

} // namespace ddpm::app
