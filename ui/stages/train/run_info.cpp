#include "stages/train/run_info.h"

#include "bridge/words.h"
#include "theme/theme.h"
#include "views/inspector_form.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QProgressBar>
#include <QPushButton>
#include <QSpinBox>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace ddpm::ui {

RunInfo::RunInfo(QWidget* parent) : QWidget(parent) {
    form_ = new InspectorForm;
    heading_ = form_->addSection(tr("This run"));
    auto* nameRow = new QWidget;
    auto* nameLayout = new QHBoxLayout(nameRow);
    nameLayout->setContentsMargins(0, 0, 0, 0);
    name_ = new QLabel;
    name_->setObjectName(QStringLiteral("runName"));
    name_->setProperty("role", "title");
    name_->setMinimumWidth(0);
    name_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    auto* folder = new QToolButton;
    folder->setIcon(theme::icon(QStringLiteral("folder")));
    folder->setProperty("role", "quiet");
    folder->setToolTip(tr("Show the run's folder"));
    folder->setAccessibleName(folder->toolTip());
    nameLayout->addWidget(name_, 1);
    nameLayout->addWidget(folder);
    form_->addWide(nameRow);
    progress_ = new QProgressBar;
    progress_->setRange(0, 1000);
    progress_->setTextVisible(false);
    form_->addWide(progress_);
    steps_ = new QLabel;
    steps_->setObjectName(QStringLiteral("runSteps"));
    steps_->setProperty("role", "caption");
    form_->addWide(steps_);
    left_ = form_->addReadOut(tr("Time left"));
    speed_ = new ReadOut(form_);
    speedWords_ = form_->addRow(tr("Pictures a second"), speed_);
    preview_ =
        form_->addReadOut(tr("Spent on previews"),
                          tr("Part of the time that drawing samples costs; set how often under Advanced"));
    memory_ = form_->addReadOut(tr("Memory"));
    device_ = new QLabel;
    device_->setObjectName(QStringLiteral("runDevice"));
    device_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    form_->addRow(tr("Device"), device_);

    extension_ = new QSpinBox;
    extension_->setObjectName(QStringLiteral("extension"));
    extension_->setRange(1, 10'000'000);
    extension_->setGroupSeparatorShown(true);
    extension_->setSingleStep(1000);
    extension_->setValue(5000);
    extension_->setToolTip(tr("Steps to go on beyond the planned end"));
    extension_->setAccessibleName(extension_->toolTip());
    extend_ = new QPushButton(tr("Add steps"));
    extend_->setObjectName(QStringLiteral("extend"));
    form_->addLayoutRow({extension_, extend_});
    save_ = new QPushButton(tr("Save a checkpoint now"));
    save_->setObjectName(QStringLiteral("saveNow"));
    form_->addWide(save_);

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(form_);
    connect(extend_, &QPushButton::clicked, this, [this] { Q_EMIT extendRequested(extension_->value()); });
    connect(save_, &QPushButton::clicked, this, &RunInfo::saveRequested);
    connect(folder, &QToolButton::clicked, this, &RunInfo::folderRequested);
}

void RunInfo::setRun(const RunOpened& run) {
    const QString name = run.settings.name.empty() ? QString::fromStdString(run.folder.filename().string())
                                                   : QString::fromStdString(run.settings.name);
    name_->setText(name);
    name_->setToolTip(words::path(run.folder));
    device_->setText(words::device(run.device));
    speedWords_->setText(run.settings.data.is_points() ? tr("Points a second") : tr("Pictures a second"));
    speed_->setAccessibleName(speedWords_->text());
    step_ = run.step;
    left_->setNothing();
    speed_->setNothing();
    preview_->setNothing();
    memory_->setNothing();
}

void RunInfo::setTraining(const TrainingStateChanged& training) {
    state_ = training.state;
    planned_ = training.planned_steps;
    extend_->setEnabled(can_extend(state_));
    extension_->setEnabled(can_extend(state_));
    save_->setEnabled(can_stop(state_) && state_ != TrainingState::failed);
    switch (state_) {
    case TrainingState::running:
        heading_->setNote(tr("training"));
        break;
    case TrainingState::paused:
        heading_->setNote(tr("paused"));
        break;
    case TrainingState::finished:
        heading_->setNote(tr("finished"));
        left_->setText(tr("done"));
        break;
    case TrainingState::failed:
        heading_->setNote(tr("stopped by an error"), true);
        break;
    case TrainingState::none:
        heading_->setNote({});
        break;
    }
    setStep(training.step);
}

void RunInfo::setStep(std::int64_t step) {
    step_ = step;
    const double share = planned_ > 0 ? static_cast<double>(step_) / static_cast<double>(planned_) : 0;
    progress_->setValue(static_cast<int>(1000 * std::clamp(share, 0.0, 1.0)));
    steps_->setText(tr("step %1 of %2").arg(words::count(step_), words::count(planned_)));
}

void RunInfo::setThroughput(const Throughput& throughput) {
    speed_->setText(QLocale().toString(throughput.images_per_second, 'f', 0));
    left_->setText(words::duration(throughput.seconds_left));
    preview_->setText(tr("%1 %").arg(QLocale().toString(100 * throughput.preview_share, 'f', 0)));
    memory_->setText(throughput.memory_bytes > 0 ? words::memory(throughput.memory_bytes) : tr("–"));
}

std::int64_t RunInfo::extension() const {
    return extension_->value();
}

} // namespace ddpm::ui
