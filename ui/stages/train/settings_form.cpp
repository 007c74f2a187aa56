#include "stages/train/settings_form.h"

#include "bridge/words.h"
#include "theme/theme.h"
#include "views/inspector_form.h"
#include "views/sketch_field.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QLocale>
#include <QPushButton>
#include <QSpinBox>
#include <QStyle>
#include <QToolButton>
#include <QVBoxLayout>

#include <cmath>

namespace ddpm::ui {
namespace {

QString shortest(double value) {
    return QString::number(value, 'g', 6);
}

template <typename E>
void choose(QComboBox* box, E value) {
    box->setCurrentIndex(box->findData(static_cast<int>(value)));
}

template <typename E>
E chosen(const QComboBox* box) {
    return static_cast<E>(box->currentData().toInt());
}

} // namespace

SettingsForm::SettingsForm(QWidget* parent) : QWidget(parent) {
    basic_ = new InspectorForm;
    advanced_ = new InspectorForm;
    disclosure_ = new QToolButton;
    disclosure_->setObjectName(QStringLiteral("advanced"));
    disclosure_->setProperty("role", "disclosure");
    disclosure_->setText(tr("Advanced"));
    disclosure_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    disclosure_->setIcon(theme::icon(QStringLiteral("chevron-right")));
    disclosure_->setCheckable(true);
    buildBasic();
    buildAdvanced();
    advanced_->hide();
    general_ = new Note;
    general_->setProperty("role", "problem");
    general_->hide();

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(basic_);
    layout->addWidget(general_);
    auto* disclosureRow = new QHBoxLayout;
    disclosureRow->setContentsMargins(theme::space(3), 0, theme::space(4), theme::space(2));
    disclosureRow->addWidget(disclosure_, 0, Qt::AlignLeft);
    layout->addLayout(disclosureRow);
    layout->addWidget(advanced_);
    connect(disclosure_, &QToolButton::toggled, this, [this](bool open) {
        advanced_->setVisible(open);
        disclosure_->setIcon(
            theme::icon(open ? QStringLiteral("chevron-down") : QStringLiteral("chevron-right")));
    });
    setSettings(preset_settings(Preset::tiny, DataKind::mnist));
}

void SettingsForm::buildBasic() {
    heading_ = basic_->addSection(tr("Settings"));
    data_ = addChoice(basic_, QStringLiteral("data"), tr("Data"));
    for (const DataKind kind : words::offeredDataSets())
        data_->addItem(words::dataSet(kind), static_cast<int>(kind));
    text_ = new QLineEdit;
    text_->setObjectName(QStringLiteral("text"));
    text_->setMaxLength(60);
    basic_->addRow(tr("Words"), text_);
    addProblemNote(basic_, QStringLiteral("data.text"), text_);
    sketch_ = new SketchField;
    sketch_->setAcceptText(tr("Train on it"));
    basic_->addWide(sketch_);
    addProblemNote(basic_, QStringLiteral("data.sketch"), sketch_);
    net_ = addChoice(basic_, QStringLiteral("net"), tr("Net"));
    paper_ = new QCheckBox(tr("As in the paper (ε, linear β)"));
    paper_->setObjectName(QStringLiteral("paper"));
    basic_->addWide(paper_);
    paperNote_ = new Note;
    basic_->addWide(paperNote_);
    deviceNote_ = new Note;
    deviceNote_->setObjectName(QStringLiteral("deviceNote"));
    deviceNote_->setWarning(true);
    basic_->addWide(deviceNote_);
    steps_ = addSpin(
        basic_, QStringLiteral("steps"), tr("Steps"), QStringLiteral("training.steps"), 1, 100'000'000,
        [](RunSettings& s, int v) { s.training.steps = v; },
        tr("Planned optimiser steps; a run can be extended later"));
    steps_->setSingleStep(1000);
    rate_ = addNumber(
        basic_, QStringLiteral("rate"), tr("Learning rate"), QStringLiteral("training.learning_rate"),
        [](RunSettings& s, double v) { s.training.learning_rate = v; },
        tr("Of Adam; can be changed while training. The paper uses 0.0002"));
    seed_ = addNumber(
        basic_, QStringLiteral("seed"), tr("Seed"), QStringLiteral("training.seed"),
        [](RunSettings& s, double v) { s.training.seed = static_cast<std::uint64_t>(v); },
        tr("First weights, order of the data, t and noise: the same seed repeats the run"));
    device_ = addChoice(basic_, QStringLiteral("device"), tr("Device"));
    for (const DeviceChoice choice : all_values<DeviceChoice>())
        device_->addItem(words::device(choice), static_cast<int>(choice));
    device_->setToolTip(tr("Automatic takes a CUDA GPU where there is one"));

    folder_ = new QPushButton;
    folder_->setObjectName(QStringLiteral("runsFolder"));
    folder_->setIcon(theme::icon(QStringLiteral("folder")));
    basic_->addRow(tr("Keep in"), folder_);

    connect(data_, &QComboBox::currentIndexChanged, this, [this] {
        if (filling_) return;
        DataSettings chosenData;
        chosenData.kind = chosen<DataKind>(data_);
        const bool points = chosenData.is_points();
        const bool pointNet = chosen<Preset>(net_) == Preset::points;
        Q_EMIT presetChosen(points     ? Preset::points
                            : pointNet ? Preset::tiny
                                       : chosen<Preset>(net_),
                            chosen<DataKind>(data_),
                            paper_->isChecked() && settings_.preset != Preset::paper);
    });
    connect(sketch_, &SketchField::drawn, this, &SettingsForm::sketchDrawn);
    connect(sketch_, &SketchField::dropped, this, [this] {
        change([](RunSettings& s) { s.data.sketch.clear(); });
        setSettings(settings_);
        text_->setFocus();
    });
    connect(net_, &QComboBox::currentIndexChanged, this, [this] {
        if (!filling_) choosePreset();
    });
    connect(paper_, &QCheckBox::toggled, this, [this] {
        if (!filling_) choosePreset();
    });
    connect(text_, &QLineEdit::textEdited, this, [this](const QString& text) {
        change([&text](RunSettings& s) { s.data.text = text.toStdString(); });
    });
    connect(device_, &QComboBox::currentIndexChanged, this,
            [this] { change([this](RunSettings& s) { s.device = chosen<DeviceChoice>(device_); }); });
    connect(folder_, &QPushButton::clicked, this, &SettingsForm::runsFolderRequested);
}

void SettingsForm::buildAdvanced() {
    advanced_->addSection(tr("Training"));
    batch_ = addSpin(
        advanced_, QStringLiteral("batch"), tr("Batch"), QStringLiteral("training.batch_size"), 1, 65'536,
        [](RunSettings& s, int v) { s.training.batch_size = v; }, tr("Pictures a step; the paper uses 128"));
    ema_ = addNumber(
        advanced_, QStringLiteral("ema"), tr("EMA decay"), QStringLiteral("training.ema_decay"),
        [](RunSettings& s, double v) { s.training.ema_decay = v; },
        tr("Of the averaged weights that samples are drawn from; the paper uses 0.9999"));
    warmup_ = addSpin(
        advanced_, QStringLiteral("warmup"), tr("Warm-up"), QStringLiteral("training.warmup_steps"), 0,
        10'000'000, [](RunSettings& s, int v) { s.training.warmup_steps = v; },
        tr("Steps in which the learning rate rises to its value"));
    clip_ = addNumber(
        advanced_, QStringLiteral("clip"), tr("Gradient clip"), QStringLiteral("training.gradient_clip"),
        [](RunSettings& s, double v) { s.training.gradient_clip = v; },
        tr("Largest norm of the whole gradient; 0 is off"));
    dropout_ = addNumber(
        advanced_, QStringLiteral("dropout"), tr("Dropout"), QStringLiteral("model.dropout"),
        [](RunSettings& s, double v) { s.model.unet.dropout = v; }, tr("The paper uses 0.1 on CIFAR-10"));
    flips_ = new QCheckBox(tr("Mirror pictures at random"));
    flips_->setObjectName(QStringLiteral("flips"));
    flips_->setToolTip(tr("Good for photographs, wrong for digits"));
    advanced_->addWide(flips_);
    precision_ = addChoice(advanced_, QStringLiteral("precision"), tr("Precision"));
    for (const Precision precision : all_values<Precision>())
        precision_->addItem(words::precision(precision), static_cast<int>(precision));
    precision_->setToolTip(
        tr("What the net computes in; weights and losses are fp32 always. Automatic takes "
           "bf16 where it is clearly faster than fp32 on this machine; tf32 is for a GPU"));
    addProblemNote(advanced_, QStringLiteral("training.precision"), precision_);

    advanced_->addSection(tr("Diffusion"));
    schedule_ = addChoice(advanced_, QStringLiteral("schedule"), tr("Schedule of β"));
    for (const BetaSchedule kind : all_values<BetaSchedule>()) // a list of betas comes from files only
        if (kind != BetaSchedule::list) schedule_->addItem(words::schedule(kind), static_cast<int>(kind));
    prediction_ = addChoice(advanced_, QStringLiteral("prediction"), tr("Net predicts"));
    for (const Prediction kind : all_values<Prediction>())
        prediction_->addItem(words::prediction(kind), static_cast<int>(kind));
    prediction_->setToolTip(
        tr("ε, the noise, as in the paper; or v, a mixture of noise and picture that learns sooner"));
    timesteps_ = addSpin(
        advanced_, QStringLiteral("timesteps"), tr("T"), QStringLiteral("diffusion.timesteps"), 2, 10'000,
        [](RunSettings& s, int v) { s.diffusion.schedule.timesteps = v; },
        tr("Number of diffusion steps; the paper uses 1000"));

    advanced_->addSection(tr("Previews"));
    previews_ = new QCheckBox(tr("Draw samples while training"));
    previews_->setObjectName(QStringLiteral("previews"));
    advanced_->addWide(previews_);
    every_ = addNumber(
        advanced_, QStringLiteral("every"), tr("Seconds between"), QStringLiteral("preview.every_seconds"),
        [](RunSettings& s, double v) { s.preview.every_seconds = v; },
        tr("At most this often, and never more than a twentieth of the time"));

    connect(precision_, &QComboBox::currentIndexChanged, this, [this] {
        change([this](RunSettings& s) { s.training.precision = chosen<Precision>(precision_); });
    });
    connect(flips_, &QCheckBox::toggled, this,
            [this](bool on) { change([on](RunSettings& s) { s.training.flips = on; }); });
    connect(schedule_, &QComboBox::currentIndexChanged, this, [this] {
        change([this](RunSettings& s) { s.diffusion.schedule.kind = chosen<BetaSchedule>(schedule_); });
    });
    connect(prediction_, &QComboBox::currentIndexChanged, this, [this] {
        change([this](RunSettings& s) { s.diffusion.prediction = chosen<Prediction>(prediction_); });
    });
    connect(previews_, &QCheckBox::toggled, this, [this](bool on) {
        every_->setEnabled(on);
        change([on](RunSettings& s) { s.preview.enabled = on; });
    });
}

QSpinBox* SettingsForm::addSpin(InspectorForm* form, const QString& name, const QString& label,
                                const QString& field, int low, int high,
                                std::function<void(RunSettings&, int)> store, const QString& toolTip) {
    auto* box = new QSpinBox;
    box->setObjectName(name);
    box->setRange(low, high);
    box->setGroupSeparatorShown(true);
    box->setToolTip(toolTip);
    form->addRow(label, box);
    addProblemNote(form, field, box);
    connect(box, &QSpinBox::valueChanged, this, [this, store = std::move(store)](int value) {
        change([&](RunSettings& s) { store(s, value); });
    });
    return box;
}

QLineEdit* SettingsForm::addNumber(InspectorForm* form, const QString& name, const QString& label,
                                   const QString& field, std::function<void(RunSettings&, double)> store,
                                   const QString& toolTip) {
    auto* edit = new QLineEdit;
    edit->setObjectName(name);
    edit->setProperty("role", "number");
    edit->setToolTip(toolTip);
    form->addRow(label, edit);
    addProblemNote(form, field, edit);
    const bool whole = field == QLatin1String("training.seed");
    connect(edit, &QLineEdit::textEdited, this,
            [this, field, whole, store = std::move(store)](const QString& text) {
                bool ok = false;
                double value = text.trimmed().toDouble(&ok); // the C locale: 2e-4 means the same everywhere
                if (ok && whole) ok = value >= 0 && value < 9e15 && std::floor(value) == value;
                if (ok && std::isfinite(value)) {
                    unreadable_.remove(field);
                    change([&](RunSettings& s) { store(s, value); });
                } else {
                    unreadable_.insert(field, whole ? tr("write a whole number, such as 42")
                                                    : tr("write a number, such as 0.0002 or 2e-4"));
                    setProblems(problems_);
                }
                Q_EMIT readabilityChanged();
            });
    return edit;
}

QComboBox* SettingsForm::addChoice(InspectorForm* form, const QString& name, const QString& label) {
    auto* box = new QComboBox;
    box->setObjectName(name);
    box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    box->setMinimumContentsLength(8);
    form->addRow(label, box);
    return box;
}

void SettingsForm::addProblemNote(InspectorForm* form, const QString& field, QWidget* editor) {
    auto* note = new Note;
    note->setObjectName(QStringLiteral("problem:") + field);
    note->setWarning(true);
    note->hide();
    form->addWide(note);
    problemNotes_.insert(field, note);
    editors_.insert(field, editor);
}

void SettingsForm::change(const std::function<void(RunSettings&)>& store) {
    if (filling_) return;
    store(settings_);
    Q_EMIT edited(settings_);
}

void SettingsForm::choosePreset() {
    Q_EMIT presetChosen(chosen<Preset>(net_), chosen<DataKind>(data_),
                        paper_->isChecked() && settings_.preset != Preset::paper);
}

void SettingsForm::fillPresets() {
    net_->clear();
    for (const Preset preset : all_values<Preset>()) {
        if ((preset == Preset::points) != settings_.data.is_points()) continue;
        net_->addItem(words::preset(preset), static_cast<int>(preset));
        net_->setItemData(net_->count() - 1, words::presetHint(preset), Qt::ToolTipRole);
    }
}

void SettingsForm::setSettings(const RunSettings& settings) {
    settings_ = settings;
    filling_ = true;
    const RunSettings& s = settings_;
    choose(data_, s.data.kind);
    // Not while it is being typed into: the cursor would jump.
    const auto write = [](QLineEdit* edit, const QString& text) {
        if (edit->text() != text &&
            !(edit->hasFocus() && edit->isModified() && edit->text().toDouble() == text.toDouble()))
            edit->setText(text);
    };
    if (text_->text() != QString::fromStdString(s.data.text))
        text_->setText(QString::fromStdString(s.data.text));
    const bool drawing = s.data.kind == DataKind::drawing;
    sketch_->setSketch(drawing ? s.data.sketch : std::vector<float>());
    basic_->setRowVisible(text_, drawing && s.data.sketch.empty());
    fillPresets();
    choose(net_, s.preset);
    net_->setToolTip(words::presetHint(s.preset));
    paper_->setChecked(s.as_in_paper || s.preset == Preset::paper);
    paper_->setEnabled(s.preset != Preset::paper);
    paperNote_->setText(
        s.as_in_paper || s.preset == Preset::paper
            ? tr("The net learns ε under the linear schedule: faithful, and slow to show digits.")
        : s.data.is_points()
            ? tr("Quick start: v with the cosine schedule; points find their places in seconds.")
            : tr("Quick start: v with the cosine schedule, because digits come sooner."));
    showDeviceNote();
    showRunsFolder();
    steps_->setValue(static_cast<int>(std::min<std::int64_t>(s.training.steps, steps_->maximum())));
    write(rate_, shortest(s.training.learning_rate));
    write(seed_, QString::number(s.training.seed));
    choose(device_, s.device);
    batch_->setValue(s.training.batch_size);
    write(ema_, shortest(s.training.ema_decay));
    warmup_->setValue(s.training.warmup_steps);
    write(clip_, shortest(s.training.gradient_clip));
    write(dropout_, shortest(s.model.unet.dropout));
    advanced_->setRowVisible(dropout_, s.model.kind == NetKind::unet);
    choose(precision_, s.training.precision);
    flips_->setVisible(!s.data.is_points());
    flips_->setChecked(s.training.flips);
    choose(schedule_, s.diffusion.schedule.kind);
    choose(prediction_, s.diffusion.prediction);
    timesteps_->setValue(s.diffusion.schedule.timesteps);
    previews_->setChecked(s.preview.enabled);
    write(every_, shortest(s.preview.every_seconds));
    every_->setEnabled(s.preview.enabled);
    filling_ = false;
    // What was unreadable was overwritten, unless it is still there under the cursor.
    unreadable_.clear();
    setProblems(s.check());
}

void SettingsForm::setProblems(const std::vector<Problem>& problems) {
    problems_ = problems;
    QHash<QString, QString> texts;
    QStringList elsewhere;
    for (const Problem& problem : problems) {
        const QString field = QString::fromStdString(problem.field);
        //: what is wrong with a setting, and what to do about it
        const QString text =
            tr("%1: %2").arg(QString::fromStdString(problem.what), QString::fromStdString(problem.remedy));
        if (problemNotes_.contains(field))
            texts[field] = text;
        else
            elsewhere << text;
    }
    for (auto it = unreadable_.cbegin(); it != unreadable_.cend(); ++it)
        texts[it.key()] = it.value();
    for (auto it = problemNotes_.cbegin(); it != problemNotes_.cend(); ++it) {
        const QString text = texts.value(it.key());
        it.value()->setText(text);
        it.value()->setVisible(!text.isEmpty());
        mark(editors_.value(it.key()), !text.isEmpty());
        if (!text.isEmpty() && advanced_->isAncestorOf(it.value())) disclosure_->setChecked(true);
    }
    general_->setText(elsewhere.join(QLatin1Char('\n')));
    general_->setVisible(!elsewhere.isEmpty());
}

bool SettingsForm::hasUnreadableField() const {
    return !unreadable_.isEmpty();
}

void SettingsForm::setGpu(bool gpu) {
    if (gpu_ == gpu) return;
    gpu_ = gpu;
    showDeviceNote();
}

/// Said before a run is begun that would take months.
void SettingsForm::showDeviceNote() {
    constexpr double perSecond = 10; // of the paper's net on two cores, see ARCHITECTURE.md
    const TrainingSettings& training = settings_.training;
    const bool slow =
        settings_.preset == Preset::paper &&
        (settings_.device == DeviceChoice::cpu || (settings_.device == DeviceChoice::automatic && !gpu_));
    const double days =
        static_cast<double>(training.steps) * training.batch_size / perSecond / (24.0 * 60 * 60);
    deviceNote_->setText(
        days >= 2 ? tr("This net wants a GPU: two CPU cores train some 10 of its pictures a second, "
                       "all the steps would take about %1 days.")
                        .arg(QLocale().toString(days, 'f', 0))
                  : tr("This net wants a GPU: two CPU cores train some 10 of its pictures a second."));
    deviceNote_->setVisible(slow);
}

void SettingsForm::setRunsFolder(const QString& folder) {
    runsFolder_ = folder;
    showRunsFolder();
}

void SettingsForm::showRunsFolder() {
    const QString& folder = runsFolder_;
    const int room = folder_->maximumWidth() - folder_->iconSize().width() - theme::space(8);
    folder_->setText(folder_->fontMetrics().elidedText(QDir(folder).dirName(), Qt::ElideMiddle,
                                                       std::max(theme::space(12), room)));
    folder_->setAccessibleDescription(folder);
    folder_->setToolTip(tr("New runs are kept in %1. Click to choose another folder.").arg(folder));
}

void SettingsForm::setNote(const QString& note, bool warning) {
    heading_->setNote(note, warning);
}

void SettingsForm::mark(QWidget* editor, bool wrong) {
    if (!editor || editor->property("problem").toBool() == wrong) return;
    editor->setProperty("problem", wrong);
    editor->style()->unpolish(editor);
    editor->style()->polish(editor);
}

} // namespace ddpm::ui
