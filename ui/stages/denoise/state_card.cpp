#include "stages/denoise/state_card.h"

#include "stages/denoise/algorithm_card.h"
#include "stages/denoise/chain_panes.h"
#include "stages/denoise/pixel_page.h"
#include "stages/denoise/values_page.h"
#include "views/curve_view.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QPushButton>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

namespace ddpm::ui {

StateCard::StateCard(ChainPanes* panes, QWidget* parent)
    : Card({}, {}, parent), panes_(panes), pages_(new QStackedWidget(this)), algorithm_(new AlgorithmCard),
      pixel_(new PixelPage), values_(new ValuesPage), corner_(new QWidget(this)) {
    setAccessibleName(tr("The state on screen"));
    const QString names[] = {tr("Algorithm"), tr("Pixel"), tr("Values")};
    const QString tips[] = {tr("The step with its numbers"),
                            tr("One pixel's values, now and over the whole chain"),
                            tr("How the values are spread, and the signal-to-noise ratio")};
    auto* bar = new QWidget(this);
    auto* row = new QHBoxLayout(bar);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(theme::space(1));
    for (int i = 0; i < 3; ++i) {
        auto* tab = new QToolButton(bar);
        tabs_[static_cast<std::size_t>(i)] = tab;
        tab->setProperty("role", "tab");
        tab->setText(names[i]);
        tab->setToolTip(tips[i]);
        tab->setCheckable(true);
        tab->setFocusPolicy(Qt::TabFocus); // the window's keys act on the stage
        connect(tab, &QToolButton::clicked, this, [this, i] { setPage(static_cast<Page>(i)); });
        row->addWidget(tab);
    }
    row->addStretch(1);
    auto* corner = new QHBoxLayout(corner_);
    corner->setContentsMargins(0, 0, 0, 0);
    corner->setSpacing(theme::space(2));
    for (QWidget* widget :
         {static_cast<QWidget*>(pixel_->channelBox()), static_cast<QWidget*>(pixel_->unpinButton()),
          static_cast<QWidget*>(values_->allButton())})
        corner->addWidget(widget);
    row->addWidget(corner_);
    for (QWidget* page :
         {static_cast<QWidget*>(algorithm_), static_cast<QWidget*>(pixel_), static_cast<QWidget*>(values_)})
        pages_->addWidget(page);
    body()->addWidget(bar);
    body()->addWidget(pages_, 1);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    setPage(algorithmPage);
    connect(pixel_, &PixelPage::positionRequested, this, &StateCard::positionRequested);
    connect(values_, &ValuesPage::positionRequested, this, &StateCard::positionRequested);
    connect(pixel_, &PixelPage::unpinRequested, panes_, &ChainPanes::unpin);
    connect(panes_, &ChainPanes::pixelChanged, this, &StateCard::showPixel);
}

void StateCard::setPage(Page page) {
    pages_->setCurrentIndex(page);
    for (int i = 0; i < 3; ++i)
        tabs_[static_cast<std::size_t>(i)]->setChecked(i == page);
    values_->allButton()->setVisible(page == valuesPage);
    showPixel();
}

StateCard::Page StateCard::page() const {
    return static_cast<Page>(pages_->currentIndex());
}

void StateCard::setRecord(std::shared_ptr<const ChainRecord> record) {
    record_ = std::move(record);
    pixel_->setRecord(record_);
    values_->setRecord(record_);
    if (!record_) return;
    settings_ = record_->settings();
    setAlgorithm();
    showPixel();
}

void StateCard::setAlgorithm() {
    algorithm_->setSettings(settings_, record_->schedule().timesteps());
    // The paper's number is that of its own sampler.
    const bool papers = settings_.sampler == Sampler::ancestral;
    tab(algorithmPage)->setText(papers ? tr("Algorithm 2") : tr("Algorithm"));
    algorithm_->setAccessibleName(tab(algorithmPage)->text());
}

void StateCard::showState(int position) {
    const ShownState& shown = panes_->shown();
    if (!record_ || !shown.state) return;
    position_ = position;
    const SamplingSettings settings = inEffect(record_->settings(), shown.state->shape);
    if (!(settings == settings_)) {
        settings_ = settings;
        setAlgorithm();
    }
    tab(pixelPage)->setText(shown.state->shape.is_points() ? tr("Particle") : tr("Pixel"));
    showAlgorithm(position);
    showPixel();
    values_->show(shown, panes_->selected());
}

void StateCard::showAlgorithm(int position) {
    const ShownState& shown = panes_->shown();
    if (shown.state->t > 0) {
        const StepNumbers numbers = stepNumbers(*record_, position);
        if (shown.phase != StepPhase::whole)
            algorithm_->showPhase(numbers, shown.phase, clippedShare(settings_, *shown.state));
        else if (position == 0)
            algorithm_->showStart(numbers);
        else
            algorithm_->showStep(numbers);
        return;
    }
    const auto before = record_->state(position - 1);
    if (before && before->t > 0)
        algorithm_->showEnd(stepNumbers(*record_, position - 1));
    else
        algorithm_->showNothing();
}

void StateCard::showPixel() {
    pixel_->show(panes_->shown(), position_, panes_->selected(), panes_->pixel(), panes_->pinned());
    const bool here = page() == pixelPage;
    pixel_->channelBox()->setVisible(here && pixel_->hasChannels());
    pixel_->unpinButton()->setVisible(here && pixel_->canUnpin());
}

void StateCard::showNothing() {
    algorithm_->showNothing();
    showPixel();
}

void StateCard::grow() {
    pixel_->grow();
}

} // namespace ddpm::ui
