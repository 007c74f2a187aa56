#include "stages/denoise/sampling_form.h"

#include "stages/denoise/memory_form.h"
#include "stages/denoise/try_form.h"
#include "theme/theme.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QLocale>
#include <QPushButton>
#include <QRandomGenerator>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QToolButton>

#include <algorithm>
#include <limits>

namespace ddpm::ui {
namespace {

constexpr int gridCount = 16, cloudCount = 2000; // chains to start with: pictures, points
constexpr int usualDdimSteps = 50, usualSolverSteps = 20;

/// With fewer steps a chain still starts at T, where x_T is noise.
SamplingSettings startSettings() {
    SamplingSettings settings;
    settings.spacing = Spacing::trailing;
    return settings;
}

template <typename E>
void select(QComboBox* box, E value) {
    box->setCurrentIndex(box->findData(static_cast<int>(value)));
}

template <typename E>
E chosen(const QComboBox* box) {
    return static_cast<E>(box->currentData().toInt());
}

} // namespace

SamplingForm::SamplingForm(QWidget* parent)
    : InspectorForm(parent), sampler_(new QComboBox(this)), steps_(new QSpinBox(this)),
      spacing_(new QComboBox(this)), variance_(new QComboBox(this)), eta_(new QDoubleSpinBox(this)),
      clip_(new QCheckBox(tr("to [−1, 1]"), this)), class_(new QComboBox(this)),
      guidance_(new QDoubleSpinBox(this)), count_(new QSpinBox(this)), seed_(new QSpinBox(this)),
      randomSeed_(new QToolButton(this)), pause_(new QPushButton(this)),
      stop_(new QPushButton(tr("Stop"), this)), problem_(new QLabel(this)), modelNote_(new Note({}, this)),
      recordNote_(new Note({}, this)), try_(new TryForm(this)), memory_(new MemoryForm(this)) {
    sampler_->addItem(tr("DDPM, ancestral"), static_cast<int>(Sampler::ancestral));
    sampler_->addItem(tr("DDIM"), static_cast<int>(Sampler::ddim));
    sampler_->addItem(tr("DPM-Solver++ (2M)"), static_cast<int>(Sampler::dpmpp_2m));
    sampler_->addItem(tr("Heun"), static_cast<int>(Sampler::heun));
    sampler_->setToolTip(
        tr("DDPM: Algorithm 2, with noise in every step. DDIM: fewer steps, with as much noise as η says. "
           "DPM-Solver++ and Heun: second order, without noise; Heun asks the net twice a step"));
    steps_->setRange(1, 100'000); // more than T is a problem that is said, not a number that snaps back
    steps_->setGroupSeparatorShown(true);
    spacing_->addItem(tr("leading"), static_cast<int>(Spacing::leading));
    spacing_->addItem(tr("linspace"), static_cast<int>(Spacing::linspace));
    spacing_->addItem(tr("trailing"), static_cast<int>(Spacing::trailing));
    spacing_->setToolTip(tr("How fewer than T steps are spread over 1…T"));
    variance_->addItem(tr("β (larger)"), static_cast<int>(Variance::fixed_large));
    variance_->addItem(tr("β̃ (smaller)"), static_cast<int>(Variance::fixed_small));
    variance_->setToolTip(tr("The variance of the noise added in each step, §3.2"));
    eta_->setRange(0, 1);
    eta_->setSingleStep(0.1);
    eta_->setDecimals(2);
    eta_->setToolTip(tr("0: no noise is added on the way; 1: as much as in ancestral sampling"));
    clip_->setToolTip(tr("Clamp x̂₀ in each step, as the official code does"));
    class_->setToolTip(tr("What is drawn, where the model was trained with classes"));
    guidance_->setRange(0, 20);
    guidance_->setSingleStep(0.5);
    guidance_->setDecimals(1);
    guidance_->setToolTip(tr("1: the class as it is; more: further away from “no class”; 0: no class at all. "
                             "Anything but 0 and 1 asks the net twice"));
    count_->setRange(1, 65'536);
    seed_->setRange(0, std::numeric_limits<int>::max());
    seed_->setToolTip(tr("The same seed gives the same noise, chain by chain"));
    randomSeed_->setToolTip(tr("Another seed"));
    randomSeed_->setAccessibleName(tr("Another seed"));
    problem_->setProperty("role", "problem");
    problem_->setWordWrap(true);

    addSection(tr("Chain"));
    addRow(tr("Sampler"), sampler_);
    addRow(tr("Steps"), steps_);
    addRow(tr("Spacing"), spacing_);
    addRow(tr("Variance σ<sub>t</sub>²"), variance_);
    addRow(tr("Noise η"), eta_);
    addRow(tr("Clip x̂<sub>0</sub>"), clip_);
    addRow(tr("Class"), class_);
    addRow(tr("Guidance"), guidance_);
    addRow(tr("Chains"), count_);
    auto* seedRow = new QWidget(this);
    auto* seedLayout = new QHBoxLayout(seedRow);
    seedLayout->setContentsMargins(0, 0, 0, 0);
    seedLayout->setSpacing(theme::space(1));
    seedLayout->addWidget(seed_, 1);
    seedLayout->addWidget(randomSeed_);
    seed_->setAccessibleName(tr("Seed"));
    addRow(tr("Seed"), seedRow);
    addWide(problem_);
    sample_ = new QPushButton(tr("Sample"), this);
    sample_->setObjectName(QStringLiteral("sample"));
    addWide(sample_);
    addLayoutRow({pause_, stop_});
    addWide(modelNote_);
    addWide(recordNote_);
    addWide(try_);

    at_ = addSection(QString());
    beta_ = addReadOut(tr("β<sub>t</sub>"), tr("Variance of this step; larger where steps are skipped"));
    alphaBar_ = addReadOut(tr("ᾱ<sub>t</sub>"), tr("Signal power left at t"));
    snr_ = addReadOut(tr("SNR"), tr("ᾱ / (1 − ᾱ)"));
    sigma_ = addReadOut(tr("σ<sub>t</sub>"), tr("Standard deviation of the noise that this step adds"));
    addWide(memory_);
    addStretch();

    connect(sample_, &QPushButton::clicked, this, &SamplingForm::sampleRequested);
    connect(pause_, &QPushButton::clicked, this, [this] {
        if (phase_ == ChainPhase::running)
            Q_EMIT pauseRequested();
        else
            Q_EMIT resumeRequested();
    });
    connect(stop_, &QPushButton::clicked, this, &SamplingForm::stopRequested);
    connect(randomSeed_, &QToolButton::clicked, this,
            [this] { seed_->setValue(static_cast<int>(QRandomGenerator::global()->bounded(1'000'000))); });
    for (QComboBox* box : {sampler_, spacing_, variance_, class_})
        connect(box, &QComboBox::currentIndexChanged, this, &SamplingForm::validate);
    for (QSpinBox* box : {steps_, count_, seed_})
        connect(box, &QSpinBox::valueChanged, this, &SamplingForm::validate);

    connect(sampler_, &QComboBox::activated, this, &SamplingForm::suggestSteps);
    for (QComboBox* box : {sampler_, spacing_, variance_, class_})
        connect(box, &QComboBox::currentIndexChanged, this, &SamplingForm::edited);
    for (QSpinBox* box : {steps_, count_, seed_})
        connect(box, &QSpinBox::valueChanged, this, &SamplingForm::edited);
    for (QDoubleSpinBox* box : {eta_, guidance_})
        connect(box, &QDoubleSpinBox::valueChanged, this, &SamplingForm::edited);
    connect(clip_, &QCheckBox::toggled, this, &SamplingForm::edited);

    setClasses(0);
    setSettings(startSettings());
    suggested_ = steps_->value();
    setPhase(ChainPhase::none);
    showNumbers(std::nullopt);
    setRecordNote({});
    restyle();
}

void SamplingForm::setModel(const ModelChanged& model) {
    // Live models are announced over and over while they train: only what changed may touch the user's
    // numbers.
    const int before = timesteps_;
    timesteps_ = model.available ? model.schedule.timesteps() : 0;
    // Another T: all of its steps, unless the user asked for fewer than that.
    if (timesteps_ > 0 && timesteps_ != before &&
        (steps_->value() == suggested_ || steps_->value() > timesteps_))
        steps_->setValue(suggested_ = usualSteps());
    if (model.available) {
        setClasses(model.settings.model.kind == NetKind::unet
                       ? std::max(0, model.settings.model.unet.num_class_embeds - 1)
                       : 0);
        const bool learned = model.settings.diffusion.learned_variance != LearnedVariance::none;
        const int at = variance_->findData(static_cast<int>(Variance::learned));
        if (learned && at < 0)
            variance_->addItem(tr("learned"), static_cast<int>(Variance::learned));
        else if (!learned && at >= 0)
            variance_->removeItem(at);
    }
    // A cloud needs more particles than a grid has room for pictures. What the user chose stays.
    const NetKind kind = model.settings.model.kind;
    if (model.available && kind != kind_) {
        kind_ = kind;
        count_->setValue(kind == NetKind::point_mlp ? cloudCount : gridCount);
    }
    if (!model.available)
        modelNote_->setText({});
    else if (model.live)
        modelNote_->setText(tr("Samples come from the EMA weights of the open run, as they are then."));
    else
        modelNote_->setText(tr("Model: %1").arg(QString::fromStdString(model.name)));
    modelNote_->setVisible(model.available);
    validate();
}

int SamplingForm::usualSteps() const {
    switch (chosen<Sampler>(sampler_)) {
    case Sampler::ancestral:
        return timesteps_;
    case Sampler::ddim:
        return std::min(usualDdimSteps, timesteps_);
    case Sampler::dpmpp_2m:
    case Sampler::heun:
        return std::min(usualSolverSteps, timesteps_);
    }
    return timesteps_;
}

void SamplingForm::suggestSteps() {
    // What is usual for the sampler, unless the user has chosen a number.
    if (timesteps_ > 0 && steps_->value() == suggested_) steps_->setValue(suggested_ = usualSteps());
}

void SamplingForm::chooseQuickLook() {
    if (kind_ == NetKind::point_mlp || timesteps_ <= usualDdimSteps) return;
    select(sampler_, Sampler::ddim);
    suggestSteps();
}

void SamplingForm::setClasses(int classes) {
    setRowVisible(class_, classes > 0);
    setRowVisible(guidance_, classes > 0);
    if (classes == classes_) return;
    classes_ = classes;
    const QSignalBlocker quiet(class_);
    class_->clear();
    class_->addItem(tr("each in turn"), -1);
    for (int i = 0; i < classes; ++i)
        class_->addItem(QString::number(i), i);
}

void SamplingForm::setPhase(ChainPhase phase) {
    phase_ = phase;
    const bool open = phase == ChainPhase::running || phase == ChainPhase::paused;
    pause_->setText(phase == ChainPhase::paused ? tr("Resume") : tr("Pause"));
    pause_->setEnabled(open);
    stop_->setEnabled(open);
}

void SamplingForm::setSettings(const SamplingSettings& settings) {
    select(sampler_, settings.sampler);
    steps_->setValue(settings.steps);
    select(spacing_, settings.spacing);
    select(variance_, settings.variance);
    eta_->setValue(settings.eta);
    clip_->setChecked(settings.clip);
    class_->setCurrentIndex(std::max(0, class_->findData(settings.label)));
    guidance_->setValue(settings.guidance);
    count_->setValue(settings.count);
    seed_->setValue(static_cast<int>(settings.seed & 0x7fffffffu));
    if (settings.steps == usualSteps()) suggested_ = settings.steps;
    validate();
}

SamplingSettings SamplingForm::settings() const {
    SamplingSettings s;
    s.sampler = chosen<Sampler>(sampler_);
    s.steps = steps_->value();
    s.spacing = chosen<Spacing>(spacing_);
    s.variance = chosen<Variance>(variance_);
    s.eta = eta_->value();
    s.clip = clip_->isChecked();
    if (classes_ > 0) {
        s.label = class_->currentData().toInt();
        s.guidance = guidance_->value();
    }
    s.count = count_->value();
    s.seed = static_cast<std::uint64_t>(seed_->value());
    return s;
}

QString SamplingForm::summary() const {
    const int steps = steps_->value(), count = count_->value();
    //: sampler, steps, chains, seed
    return tr("%1, %2, %3, seed %4")
        .arg(sampler_->currentText(), steps == 1 ? tr("1 step") : tr("%1 steps").arg(steps),
             count == 1 ? tr("1 chain") : tr("%1 chains").arg(count))
        .arg(seed_->value());
}

void SamplingForm::validate() {
    if (!sample_) return;
    const SamplingSettings s = settings();
    setRowVisible(variance_, s.sampler == Sampler::ancestral);
    setRowVisible(eta_, s.sampler == Sampler::ddim);
    spacing_->setEnabled(timesteps_ == 0 ||
                         s.steps != timesteps_); // with all T steps there is nothing to spread
    const auto problems = timesteps_ > 0 ? s.check(timesteps_) : std::vector<Problem>{};
    QStringList lines;
    for (const Problem& problem : problems)
        lines << tr("%1: %2. %3")
                     .arg(QString::fromStdString(problem.field), QString::fromStdString(problem.what),
                          QString::fromStdString(problem.remedy));
    problem_->setText(lines.join(QLatin1Char('\n')));
    problem_->setVisible(!lines.isEmpty());
    sample_->setEnabled(timesteps_ > 0 && problems.empty());
}

void SamplingForm::showNumbers(const std::optional<StepNumbers>& numbers) {
    if (!numbers) {
        at_->setTitle(tr("At this t"));
        for (ReadOut* number : {beta_, alphaBar_, snr_, sigma_})
            number->setNothing();
        return;
    }
    at_->setTitle(tr("At t = %1").arg(numbers->t));
    beta_->setValue(numbers->beta);
    alphaBar_->setValue(numbers->alphaBar);
    snr_->setValue(numbers->snr);
    sigma_->setValue(numbers->sigma);
}

void SamplingForm::setNumbersVisible(bool visible) {
    at_->setVisible(visible);
    for (ReadOut* number : {beta_, alphaBar_, snr_, sigma_})
        setRowVisible(number, visible);
}

void SamplingForm::setRecordNote(const QString& note) {
    recordNote_->setText(note);
    recordNote_->setVisible(!note.isEmpty());
}

void SamplingForm::restyle() {
    randomSeed_->setIcon(theme::icon(QStringLiteral("random")));
    randomSeed_->setIconSize({theme::space(4), theme::space(4)});
    const theme::Colors& c = theme::colors();
    // Sampling is the reverse direction: its button has that hue. On the light teal of the dark theme, dark
    // letters read best.
    const QColor ink = theme::isDark() ? c.window : c.onPrimary;
    const QString style =
        QStringLiteral("QPushButton#sample { background: %1; border-color: %1; color: %2; font-weight: 600; }"
                       "QPushButton#sample:hover { background: %3; border-color: %3; }"
                       "QPushButton#sample:focus { border-color: %4; }"
                       "QPushButton#sample:disabled { background: %5; border-color: %5; color: %6; }")
            .arg(c.reverse.name(), ink.name(), c.reverse.lighter(112).name(), c.text.name(), c.field.name(),
                 c.faint.name());
    if (sample_->styleSheet() != style) sample_->setStyleSheet(style);
}

void SamplingForm::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && sample_) restyle();
    InspectorForm::changeEvent(event);
}

} // namespace ddpm::ui
