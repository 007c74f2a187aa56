#include "views/schedule_curves.h"

#include <QCoreApplication>

namespace ddpm::ui {

std::vector<Curve> scheduleCurves(const ScheduleTable& schedule) {
    std::vector<double> levels;
    for (int t = 0; t <= schedule.timesteps(); ++t)
        levels.push_back(schedule.alpha_bar_at(t));
    return {{QStringLiteral("ᾱ"), Tone::forward, levels, 0, false, false, "alpha_bar"},
            {QStringLiteral("β"), Tone::training, schedule.beta, 1, true, true, "beta"}};
}

std::vector<Curve> snrCurves(const ScheduleTable& schedule) {
    std::vector<double> ratios;
    for (int t = 1; t <= schedule.timesteps(); ++t)
        ratios.push_back(schedule.snr_at(t));
    return {{QCoreApplication::translate("ddpm::ui::NoiseStage", "SNR"), Tone::forward, ratios, 1, false,
             false, "snr"}};
}

} // namespace ddpm::ui
