#include "stages/denoise/tools/interpolate_tool.h"

#include "bridge/engine_bridge.h"
#include "theme/theme.h"
#include "views/picture_grid.h"

#include <QComboBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRandomGenerator>
#include <QRegularExpression>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QStyle>
#include <QToolButton>

#include <algorithm>
#include <cmath>

namespace ddpm::ui {
namespace {

constexpr int usualColumns = 7, fewestColumns = 3, mostColumns = 11, mostRows = 8;
constexpr int startDelay = 300; // ms: a number that is being changed is not computed at every stop
constexpr double usualDepths[] = {0.125, 0.25, 0.5, 0.75, 1.0}; // of T

} // namespace

std::vector<int> parseDepths(const QString& text, int timesteps) {
    static const QRegularExpression between(QStringLiteral("[\\s,;]+"));
    std::vector<int> depths;
    const QStringList parts = text.split(between, Qt::SkipEmptyParts);
    for (const QString& part : parts) {
        bool whole = false;
        const int t = part.toInt(&whole);
        if (!whole || t < 1 || t > timesteps) return {};
        depths.push_back(t);
    }
    std::sort(depths.rbegin(), depths.rend());
    depths.erase(std::unique(depths.begin(), depths.end()), depths.end());
    if (depths.size() > static_cast<std::size_t>(mostRows)) return {};
    return depths;
}

InterpolateTool::InterpolateTool(EngineBridge& bridge, QWidget* parent)
    : Tool(bridge, tr("Interpolate"), parent), scroll_(new QScrollArea(this)), stripArea_(new QWidget(this)),
      strip_(new PictureGrid(stripArea_)), columns_(new QSpinBox(this)), depths_(new QLineEdit(this)),
      sampler_(new QComboBox(this)), separate_(new QPushButton(tr("Separate noise"), this)),
      seed_(new QSpinBox(this)), newSeed_(new QToolButton(this)),
      again_(new QPushButton(tr("Compute again"), this)), board_(new InterpolateBoard(this)),
      preview_(new PictureGrid(this)), mixture_(new PictureGrid(this)), previewTitle_(new QLabel(this)),
      previewWords_(new QLabel(this)) {
    setCaption(tr("Two pictures noised to t, mixed by λ, denoised (Figs. 8 and 9)"));
    setAcceptDrops(true);
    build();
    startTimer_.setSingleShot(true);
    startTimer_.setInterval(startDelay);
    restTimer_.setSingleShot(true);
    restTimer_.setInterval(restMilliseconds);
    connect(&startTimer_, &QTimer::timeout, this, &InterpolateTool::compute);
    connect(&restTimer_, &QTimer::timeout, this, &InterpolateTool::computeExact);
    connect(&branches(), &BranchSet::changed, this, &InterpolateTool::refresh);
    connect(&branches(), &BranchSet::failed, this, &InterpolateTool::takeRefusal);
    connect(&this->bridge(), &EngineBridge::failed, this, &InterpolateTool::takeFailure);
    connect(&this->bridge(), &EngineBridge::pictureFitted, this, &InterpolateTool::takePicture);
    connect(&this->bridge(), &EngineBridge::chainChanged, this, &InterpolateTool::showSamples);
    connect(board_, &InterpolateBoard::markerMoved, this, &InterpolateTool::takeMarker);
    connect(board_, &InterpolateBoard::markerReleased, this, [this] {
        if (restTimer_.isActive()) computeExact();
    });
    connect(strip_, &PictureGrid::pictureSelected, this, [this](int chain) { chooseChain(active_, chain); });
    connect(columns_, &QSpinBox::valueChanged, this, &InterpolateTool::computeSoon);
    connect(depths_, &QLineEdit::editingFinished, this, &InterpolateTool::applyDepths);
    connect(sampler_, &QComboBox::currentIndexChanged, this, &InterpolateTool::computeSoon);
    connect(separate_, &QPushButton::toggled, this, &InterpolateTool::computeSoon);
    connect(seed_, &QSpinBox::valueChanged, this, &InterpolateTool::computeSoon);
    connect(newSeed_, &QToolButton::clicked, this,
            [this] { seed_->setValue(static_cast<int>(QRandomGenerator::global()->bounded(1'000'000))); });
    connect(again_, &QPushButton::clicked, this, &InterpolateTool::retry);
    restyleAll();
}

// Widgets
// ----------------------------------------------------------------------------------------------------------

void InterpolateTool::build() {
    auto* ends = new QHBoxLayout;
    for (int which = 0; which < 2; ++which) {
        auto* card = new InterpolateEnd(which == 0 ? tr("A") : tr("B"), this);
        cards_[static_cast<std::size_t>(which)] = card;
        connect(card, &InterpolateEnd::activated, this, [this, which] { setActive(which); });
        connect(card, &InterpolateEnd::chainRequested, this,
                [this, which](int chain) { chooseChain(which, chain); });
        connect(card, &InterpolateEnd::randomRequested, this, [this, which] { askPicture(which, {}); });
        connect(card, &InterpolateEnd::fileRequested, this, [this, which] { chooseFile(which); });
    }
    auto* stripColumn = new QVBoxLayout(stripArea_);
    stripColumn->setContentsMargins(0, 0, 0, 0);
    auto* stripWords = new QLabel(tr("Samples of the chain"), stripArea_);
    stripWords->setProperty("role", "caption");
    stripWords->setAlignment(Qt::AlignHCenter);
    stripWords->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    stripColumn->addWidget(stripWords);
    stripColumn->addWidget(strip_, 1);
    strip_->setSelectable(true);
    strip_->setTone(Tone::reverse);
    strip_->setAccessibleName(tr("Samples of the chain"));
    strip_->setToolTip(tr("Click a sample: it becomes the picture with the frame, A or B"));
    ends->addWidget(cards_[0], 3);
    ends->addWidget(stripArea_, 2);
    ends->addWidget(cards_[1], 3);
    auto* content = new QWidget(scroll_);
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(0, 0, 0, 0);
    column->addLayout(ends);

    auto* middle = new QHBoxLayout;
    middle->addWidget(board_, 1);
    side_ = buildPreview();
    middle->addWidget(side_);
    column->addLayout(middle, 1);
    scroll_->setWidget(content);
    scroll_->setAccessibleName(tr("Interpolate"));
    scroll_->setWidgetResizable(true);
    scroll_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    body()->addWidget(scroll_, 1);
    buildControls();
    setActive(0);
}

QWidget* InterpolateTool::buildPreview() {
    auto* side = new QWidget(this);
    auto* column = new QVBoxLayout(side);
    column->setContentsMargins(0, 0, 0, 0);
    previewTitle_->setProperty("role", "big");
    previewWords_->setProperty("role", "caption");
    previewWords_->setWordWrap(true);
    preview_->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    preview_->setAccessibleName(tr("The cell under the marker"));
    column->addWidget(previewTitle_);
    column->addWidget(preview_, 1000);
    column->addWidget(previewWords_);
    auto* row = new QHBoxLayout;
    const auto small = [&](PictureGrid* grid, const QString& words, const QString& name) {
        auto* cell = new QVBoxLayout;
        auto* label = new QLabel(words, side);
        label->setProperty("role", "caption");
        label->setAlignment(Qt::AlignHCenter);
        label->setToolTip(name);
        grid->setAccessibleName(name);
        grid->setToolTip(name);
        cell->addWidget(grid);
        cell->addWidget(label);
        row->addLayout(cell, 1);
    };
    for (PictureGrid*& each : small_)
        each = new PictureGrid(side);
    small(small_[0], tr("A"), tr("Picture A, λ = 0"));
    small(mixture_, tr("xₜ"), tr("The mixture that this cell began from"));
    small(small_[1], tr("B"), tr("Picture B, λ = 1"));
    column->addLayout(row);
    column->addStretch(1);
    return side;
}

void InterpolateTool::buildControls() {
    auto* first = new QHBoxLayout;
    auto* second = new QHBoxLayout;
    columns_->setRange(fewestColumns, mostColumns);
    columns_->setValue(usualColumns);
    columns_->setSuffix(tr(" columns"));
    columns_->setAccessibleName(tr("Number of λ"));
    columns_->setToolTip(tr("How many λ from 0 to 1"));
    depths_->setAccessibleName(tr("Depths t"));
    depths_->setToolTip(tr("How far both pictures are noised before they are mixed, one row each: up to %1 "
                           "numbers with commas between")
                            .arg(mostRows));
    auto* depthsLabel = new QLabel(tr("Depths"), this);
    depthsLabel->setBuddy(depths_);
    sampler_->setAccessibleName(tr("Sampler"));
    sampler_->setToolTip(tr("What denoises the mixtures"));
    sampler_->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    separate_->setCheckable(true);
    separate_->setProperty("role", "toggle");
    separate_->setToolTip(tr(
        "Off: A and B are noised by the same ε. On: each by its own, as in the paper, which prints "
        "(1 − λ)x₀ + λx₀′ in §4.4 but mixes xₜ and xₜ′. Two independent noises partly cancel in the middle"));
    seed_->setRange(0, 2'147'483'647);
    seed_->setPrefix(tr("seed "));
    seed_->setAccessibleName(tr("Seed of the noise"));
    seed_->setToolTip(tr("The noise is frozen: it is the same in all cells, so that only λ and t differ"));
    newSeed_->setAccessibleName(tr("Another frozen noise"));
    newSeed_->setToolTip(tr("Another frozen noise"));
    again_->setToolTip(tr("Compute the rows that were stopped or could not be started"));
    again_->hide();
    first->addWidget(columns_);
    first->addWidget(depthsLabel);
    first->addWidget(depths_, 1);
    second->addWidget(sampler_);
    second->addWidget(separate_);
    second->addWidget(seed_);
    second->addWidget(newSeed_);
    second->addWidget(again_);
    second->addStretch(1);
    controls_ = new QBoxLayout(QBoxLayout::LeftToRight);
    controls_->addLayout(first, 1);
    controls_->addLayout(second);
    body()->addLayout(controls_);
}

// What is interpolated
// ---------------------------------------------------------------------------------------------

void InterpolateTool::open(const ChainPlace& place) {
    const bool same = opened_ && place.record == place_.record && place.chain == place_.chain &&
                      place.model.folder == place_.model.folder &&
                      place.model.settings.model == place_.model.settings.model &&
                      place.model.settings.diffusion == place_.model.settings.diffusion;
    const bool sameT = opened_ && place.model.schedule.timesteps() == place_.model.schedule.timesteps();
    place_ = place;
    opened_ = true;
    const int T = std::max(1, place.model.schedule.timesteps());
    {
        const QSignalBlocker quietSampler(sampler_), quietSeed(seed_);
        const int chosen = std::max(0, sampler_->currentIndex());
        const char* names[] = {"DDPM", "DDIM", "DPM-Solver++", "Heun"};
        sampler_->clear();
        sampler_->addItem(tr("DDIM, %1 steps").arg(std::min(usualSteps, T)));
        sampler_->addItem(tr("as set: %1, %2")
                              .arg(QLatin1String(names[static_cast<int>(place.form.sampler)]))
                              .arg(place.form.steps));
        sampler_->setCurrentIndex(chosen);
        if (!same) seed_->setValue(static_cast<int>(place.form.seed & 0x7fffffffu));
    }
    if (!sameT) {
        QStringList texts;
        for (const double part : usualDepths)
            texts << QString::number(std::max(1, static_cast<int>(std::lround(part * T))));
        texts.removeDuplicates();
        depths_->setText(texts.join(QStringLiteral(", ")));
        board_->setAxes(lambdas(), parseDepths(depths_->text(), T));
        board_->setMarker(0.5, T / 2);
    }
    const auto state = place.record ? place.record->state(0) : nullptr;
    ofChain_ = state && place.record->schedule().timesteps() == T &&
               state->shape.height == itemShape().height && state->shape.width == itemShape().width &&
               state->shape.channels == itemShape().channels;
    showSamples();
    if (same) {
        refresh();
        if (!(question_ == question())) computeSoon();
        return;
    }
    branches().clear();
    rows_.clear();
    question_.reset();
    exact_ = {};
    openEnds();
}

void InterpolateTool::applyDepths() {
    const int T = std::max(1, place_.model.schedule.timesteps());
    const auto depths = parseDepths(depths_->text(), T);
    const bool wrong = depths.empty();
    if (depths_->property("problem").toBool() != wrong) {
        depths_->setProperty("problem", wrong);
        depths_->style()->unpolish(depths_);
        depths_->style()->polish(depths_);
    }
    if (wrong) {
        Q_EMIT statusMessage(tr("Depths are one to %1 whole numbers from 1 to %2").arg(mostRows).arg(T));
        return;
    }
    QStringList texts; // as they are understood: sorted, each once
    for (auto it = depths.rbegin(); it != depths.rend(); ++it)
        texts << QString::number(*it);
    depths_->setText(texts.join(QStringLiteral(", ")));
    if (depths != board_->depths() || rows_.empty()) compute();
}

// How it looks
// -----------------------------------------------------------------------------------------------------

void InterpolateTool::restyleAll() {
    newSeed_->setIcon(theme::icon(QStringLiteral("random")));
    seed_->setFixedWidth(theme::space(30));
    depths_->setMinimumWidth(theme::space(44));
    QLayout* column = scroll_->widget()->layout();
    column->setSpacing(theme::space(3));
    for (int i = 0; i < 2; ++i)
        column->itemAt(i)->layout()->setSpacing(theme::space(3));
    controls_->setSpacing(theme::space(2));
    for (int i = 0; i < 2; ++i)
        controls_->itemAt(i)->layout()->setSpacing(theme::space(2));
    side_->layout()->setSpacing(theme::space(1));
    side_->layout()->itemAt(3)->layout()->setSpacing(theme::space(2));
    stripArea_->layout()->setSpacing(theme::space(1));
    fit();
}

void InterpolateTool::fit() {
    // Where there is no room for the strip the spin boxes choose the samples.
    const int narrow = theme::space(180);
    for (InterpolateEnd* card : cards_)
        card->setCompact(width() < narrow);
    stripArea_->setVisible(samples() && width() >= narrow);
    stripArea_->setFixedHeight(cards_[0]->sizeHint().height());
    side_->setFixedWidth(std::clamp(width() * 27 / 100, theme::space(44), theme::space(100)));
    const int small = (side_->width() - 2 * theme::space(2)) / 3;
    for (PictureGrid* grid : {small_[0], mixture_, small_[1]})
        grid->setFixedHeight(small);
    preview_->setMaximumHeight(side_->width());
    preview_->setMinimumHeight(theme::space(30));
    previewWords_->setFixedHeight(2 * QFontMetrics(theme::captionFont()).height() + theme::space(1));
    const int needed =
        controls_->itemAt(0)->minimumSize().width() + controls_->itemAt(1)->minimumSize().width();
    controls_->setDirection(needed + theme::space(3) > width() ? QBoxLayout::TopToBottom
                                                               : QBoxLayout::LeftToRight);
}

void InterpolateTool::resizeEvent(QResizeEvent* event) {
    Tool::resizeEvent(event);
    fit();
}

void InterpolateTool::changeEvent(QEvent* event) {
    Tool::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && controls_) restyleAll();
}

} // namespace ddpm::ui
