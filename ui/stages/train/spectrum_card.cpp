#include "stages/train/spectrum_card.h"

#include "bridge/words.h"
#include "stages/train/placeholder.h"
#include "views/plot.h"

#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace ddpm::ui {

SpectrumCard::SpectrumCard(QWidget* parent) : Card(tr("Loss by t"), tr("where it comes from"), parent) {
    plot_ = new Plot;
    plot_->setObjectName(QStringLiteral("spectrumPlot"));
    plot_->setCompact(true);
    plot_->setAccessibleName(tr("Loss by t"));
    plot_->setXName(tr("t: little noise to pure noise"), "t");
    plot_->setYName(tr("mean squared error"));
    series_ = plot_->addSeries(tr("loss"), Tone::forward, Plot::Line::filled, "mean_squared_error");
    plot_->setReadout([this](double x) { return readout(x); });
    pages_ = new QStackedWidget;
    pages_->addWidget(new Placeholder(
        QStringLiteral("noise"),
        tr("The mean error at each noise level t: why the curve goes flat while pictures improve.")));
    pages_->addWidget(plot_);
    body()->addWidget(pages_, 1);
}

double SpectrumCard::centre(std::size_t bin) const {
    return 0.5 + (static_cast<double>(bin) + 0.5) * timesteps_ / static_cast<double>(spectrum_.size());
}

void SpectrumCard::setSpectrum(const std::vector<double>& spectrum) {
    if (std::none_of(spectrum.begin(), spectrum.end(), [](double v) { return std::isfinite(v); })) return;
    spectrum_ = spectrum;
    std::vector<double> x;
    for (std::size_t i = 0; i < spectrum.size(); ++i)
        x.push_back(centre(i));
    plot_->setXRange(1, timesteps_);
    plot_->setPoints(series_, x, spectrum);
    pages_->setCurrentWidget(plot_);
}

void SpectrumCard::clear() {
    spectrum_.clear();
    pages_->setCurrentIndex(0);
}

QString SpectrumCard::readout(double x) const {
    if (spectrum_.empty()) return {};
    const double width = static_cast<double>(timesteps_) / static_cast<double>(spectrum_.size());
    const auto bin = std::clamp<std::ptrdiff_t>(static_cast<std::ptrdiff_t>((x - 0.5) / width), 0,
                                                std::ssize(spectrum_) - 1);
    const double value = spectrum_[static_cast<std::size_t>(bin)];
    const auto first = static_cast<int>(std::floor(static_cast<double>(bin) * width)) + 1;
    const auto last = static_cast<int>(std::floor(static_cast<double>(bin + 1) * width));
    const QString loss = std::isfinite(value) ? words::loss(value) : tr("not seen yet");
    return tr("t = %1 … %2\nloss %3").arg(first).arg(std::max(first, last)).arg(loss);
}

QSize SpectrumCard::minimumSizeHint() const {
    return {theme::space(44), theme::space(44)};
}

} // namespace ddpm::ui
