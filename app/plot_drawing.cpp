// Plots for the terminal, by the views of the window. Compiled only with DDPM_BUILD_UI.
#include "plot_picture.h"
#include "stages/train/loss_card.h"
#include "stages/train/spectrum_card.h"
#include "theme/theme.h"
#include "views/plot.h"
#include "views/plot_export.h"
#include "views/schedule_curves.h"

#include <QApplication>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

namespace ddpm::app {
namespace {

ui::CurveView* curves_of(const PlotPicture& picture, QWidget& parent) {
    const bool snr = picture.what == PlotKind::snr;
    auto* view = new ui::CurveView(&parent);
    view->setXName(QStringLiteral("t"));
    view->setXRange(0, picture.schedule.timesteps());
    view->setLogScale(snr || picture.log);
    view->setCurves(snr ? ui::snrCurves(picture.schedule) : ui::scheduleCurves(picture.schedule));
    return view;
}

constexpr std::int64_t most_steps = 20'000'000; ///< between first and last: a curve has a value for each

/// The smoothed losses of several runs, which span most_steps at most.
ui::CurveView* compared(const PlotPicture& picture, QWidget& parent) {
    constexpr std::array tones{ui::Tone::training, ui::Tone::forward, ui::Tone::reverse, ui::Tone::text,
                               ui::Tone::muted};
    const std::vector<NumberColumn> numbers = numbers_of(picture);
    const auto step_at = [&](std::size_t row) { return static_cast<int>(*numbers[0].values[row]); };
    const int first = step_at(0), last = step_at(numbers[0].values.size() - 1);
    std::vector<ui::Curve> curves;
    for (std::size_t run = 1; run < numbers.size(); ++run) {
        ui::Curve curve;
        curve.name = QString::fromStdString(numbers[run].name);
        curve.tone = tones[(run - 1) % tones.size()];
        curve.dashed = run > tones.size();
        curve.firstX = first;
        curve.values.assign(static_cast<std::size_t>(last - first) + 1,
                            std::numeric_limits<double>::quiet_NaN());
        for (std::size_t row = 0; row < numbers[run].values.size(); ++row)
            if (const auto value = numbers[run].values[row])
                curve.values[static_cast<std::size_t>(step_at(row) - first)] = *value;
        curves.push_back(std::move(curve));
    }
    auto* view = new ui::CurveView(&parent);
    view->setXName(QStringLiteral("step"));
    view->setXRange(first, last);
    view->setLogScale(picture.log);
    view->setCurves(std::move(curves));
    return view;
}

std::int64_t span_of(const PlotPicture& picture) {
    std::int64_t first = picture.metrics.front().step, last = first;
    const auto look = [&](const std::vector<MetricPoint>& metrics) {
        for (const MetricPoint& point : metrics) {
            first = std::min(first, point.step);
            last = std::max(last, point.step);
        }
    };
    look(picture.metrics);
    for (const RunLosses& run : picture.beside)
        look(run.metrics);
    return first < 0 || last > std::numeric_limits<int>::max() ? std::numeric_limits<std::int64_t>::max()
                                                               : last - first;
}

} // namespace

Status draw_plot(const PlotPicture& picture, const std::filesystem::path& file) {
    // No display is needed, and none is asked; and Qt's remarks on the machine are not what the user wants to
    // read.
    qputenv("QT_QPA_PLATFORM", "offscreen");
    qInstallMessageHandler([](QtMsgType, const QMessageLogContext&, const QString&) {});
    char program[] = "ddpm-lab";
    char* arguments[] = {program, nullptr};
    int count = 1;
    const QApplication application(count, arguments);
    ui::theme::apply(ui::theme::Mode::light, 1);

    QWidget parent;
    ui::ExportablePlot* plot = nullptr;
    QString title;
    const QString name = QString::fromStdString(picture.name);
    if (!picture.beside.empty()) {
        if (span_of(picture) > most_steps)
            return Error{"the steps of these runs lie too far apart to be drawn", file.string(),
                         "save them as .csv, or look for a step in a metrics.csv that cannot be"};
        plot = compared(picture, parent);
        title = QStringLiteral("Smoothed losses");
    } else if (picture.what == PlotKind::loss) {
        auto* card = new ui::LossCard(&parent);
        card->setLogScale(picture.log);
        card->add(picture.metrics);
        plot = card->plot();
        title = QStringLiteral("Loss: %1").arg(name);
    } else if (picture.what == PlotKind::spectrum) {
        auto* card = new ui::SpectrumCard(&parent);
        card->setTimesteps(picture.timesteps);
        card->setSpectrum(picture.spectrum);
        card->plot()->setLogScale(picture.log);
        plot = card->plot();
        title = QStringLiteral("Loss by t: %1").arg(name);
    } else {
        plot = curves_of(picture, parent);
        const bool snr = picture.what == PlotKind::snr;
        title = (snr ? QStringLiteral("Signal to noise: %1") : QStringLiteral("Schedule: %1")).arg(name);
    }
    plot->setPlotTitle(title);
    return ui::savePlot(*plot, QString::fromStdString(file.string()), {picture.width, picture.height});
}

} // namespace ddpm::app
