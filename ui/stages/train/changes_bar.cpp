#include "stages/train/changes_bar.h"

#include "stages/train/run_draft.h"
#include "theme/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace ddpm::ui {
namespace {

QString nameOf(Setting setting) {
    switch (setting) {
    case Setting::data:
        return ChangesBar::tr("data");
    case Setting::net:
        return ChangesBar::tr("net");
    case Setting::as_in_paper:
        return ChangesBar::tr("as in the paper");
    case Setting::schedule:
        return ChangesBar::tr("schedule");
    case Setting::prediction:
        return ChangesBar::tr("prediction");
    case Setting::steps:
        return ChangesBar::tr("steps");
    case Setting::batch_size:
        return ChangesBar::tr("batch");
    case Setting::learning_rate:
        return ChangesBar::tr("learning rate");
    case Setting::warmup:
        return ChangesBar::tr("warm-up");
    case Setting::clip:
        return ChangesBar::tr("gradient clip");
    case Setting::ema:
        return ChangesBar::tr("EMA decay");
    case Setting::dropout:
        return ChangesBar::tr("dropout");
    case Setting::flips:
        return ChangesBar::tr("mirroring");
    case Setting::seed:
        return ChangesBar::tr("seed");
    case Setting::device:
        return ChangesBar::tr("device");
    case Setting::preview:
        return ChangesBar::tr("previews");
    }
    return {};
}

} // namespace

ChangesBar::ChangesBar(QWidget* parent) : QFrame(parent) {
    setObjectName(QStringLiteral("changesBar"));
    title_ = new QLabel;
    title_->setObjectName(QStringLiteral("changesTitle"));
    title_->setProperty("role", "title");
    words_ = new QLabel;
    words_->setProperty("role", "caption");
    words_->setWordWrap(true);
    start_ = new QPushButton(tr("Start training"));
    start_->setObjectName(QStringLiteral("start"));
    start_->setProperty("role", "primary");
    apply_ = new QPushButton(tr("Apply"));
    apply_->setObjectName(QStringLiteral("apply"));
    apply_->setProperty("role", "primary");
    apply_->setToolTip(tr("Change the running training from the next step on"));
    anew_ = new QPushButton(tr("Start a new run with these"));
    anew_->setObjectName(QStringLiteral("startAnew"));
    anew_->setToolTip(tr("Saves and closes the open run, then starts one with these settings"));
    revert_ = new QPushButton(tr("Revert"));
    revert_->setObjectName(QStringLiteral("revert"));
    revert_->setProperty("role", "quiet");

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(theme::space(4), theme::space(3), theme::space(4), theme::space(3));
    layout->setSpacing(theme::space(2));
    layout->addWidget(title_);
    layout->addWidget(words_);
    layout->addWidget(start_);
    layout->addWidget(anew_);
    auto* row = new QHBoxLayout;
    row->setSpacing(theme::space(2));
    row->addWidget(apply_, 1);
    row->addWidget(revert_, 1);
    layout->addLayout(row);
    connect(start_, &QPushButton::clicked, this, &ChangesBar::startRequested);
    connect(apply_, &QPushButton::clicked, this, &ChangesBar::applyRequested);
    connect(anew_, &QPushButton::clicked, this, &ChangesBar::newRunRequested);
    connect(revert_, &QPushButton::clicked, this, &ChangesBar::revertRequested);
}

QString ChangesBar::title(int changes) {
    return changes == 1 ? tr("1 change not applied") : tr("%1 changes not applied").arg(changes);
}

/// Qt hands the focus of a button that is hidden to whatever comes next, and the next Space would press that.
void ChangesBar::setShown(QPushButton* button, bool shown) {
    if (!shown && button->hasFocus()) Q_EMIT focusGivenUp();
    button->setVisible(shown);
}

void ChangesBar::setDraft(const RunDraft& draft, bool valid) {
    QStringList live, later;
    const auto changes = draft.changes();
    for (const SettingChange& change : changes)
        (change.live ? live : later) << nameOf(change.setting);
    const bool open = draft.hasRun();
    const bool changed = !changes.empty() || (open && !valid);
    const bool any = !open || changed;
    setShown(start_, !open);
    start_->setEnabled(valid);
    title_->setVisible(open);
    words_->setVisible(open);
    setShown(apply_, any && open && (!live.isEmpty() || later.isEmpty()));
    apply_->setEnabled(valid && !live.isEmpty());
    setShown(anew_, any && open && !later.isEmpty());
    anew_->setEnabled(valid);
    setShown(revert_, any && open);
    setVisible(any);
    title_->setText(valid ? title(static_cast<int>(changes.size())) : tr("A setting needs attention"));
    const QString comma = tr(", ", "between the names of settings");
    QStringList lines;
    if (!live.isEmpty()) lines << tr("Apply changes at once: %1.").arg(live.join(comma));
    if (!later.isEmpty()) lines << tr("Needs a new run: %1.").arg(later.join(comma));
    words_->setText(lines.join(QLatin1Char('\n')));
    words_->setVisible(open && !lines.isEmpty());
}

} // namespace ddpm::ui
