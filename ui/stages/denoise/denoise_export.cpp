// What can be taken away from the Denoise stage.
#include "bridge/engine_bridge.h"
#include "bridge/words.h"
#include "stages/denoise/chain_panes.h"
#include "stages/denoise/denoise_stage.h"
#include "stages/denoise/export_chain_dialog.h"
#include "stages/denoise/tools/tool.h"
#include "theme/theme.h"
#include "views/export_grid_dialog.h"
#include "views/picture_grid.h"
#include "views/point_cloud_view.h"

#include <QAction>
#include <QClipboard>
#include <QGuiApplication>
#include <QProgressDialog>

namespace ddpm::ui {
namespace {

constexpr int progressAfter = 300; // ms: what is quicker needs no dialog

} // namespace

void DenoiseStage::buildExports() {
    exportGrid_ = new QAction(tr("Grid of pictures…"), this);
    exportChain_ = new QAction(tr("Chain as film, strip or numbered pictures…"), this);
    copy_ = new QAction(tr("Copy picture"), this);
    copy_->setShortcut(QKeySequence::Copy);
    copy_->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    addAction(copy_);
    connect(exportGrid_, &QAction::triggered, this, &DenoiseStage::exportDialog);
    connect(exportChain_, &QAction::triggered, this, &DenoiseStage::exportChainDialog);
    connect(copy_, &QAction::triggered, this, &DenoiseStage::copyPicture);
    connect(&bridge_, &EngineBridge::exportProgressed, this, &DenoiseStage::showExport);
}

std::uint64_t DenoiseStage::shownBranch() const {
    return tool_ ? tool_->exportBranch() : 0;
}

std::pair<std::shared_ptr<const ChainRecord>, int> DenoiseStage::shown() const {
    if (!tool_) return {record_, playhead_.position()};
    return {tool_->branches().record(tool_->exportBranch()), tool_->exportState()};
}

bool DenoiseStage::canExport() const {
    const auto record = shown().first;
    return record && record->size() > 0;
}

QList<QAction*> DenoiseStage::exportActions() {
    return {exportGrid_, exportChain_, copy_};
}

QString DenoiseStage::suggestedFile(const QString& ending) const {
    //: a file name: the model's name, the seed, what is in it
    return words::pictureFile(tr("%1-seed-%2%3")
                                  .arg(words::path(bridge_.model().folder.filename()))
                                  .arg(shown().first->settings().seed)
                                  .arg(ending));
}

void DenoiseStage::exportDialog() {
    const auto [record, index] = shown();
    const auto state = record ? record->state(index) : nullptr;
    if (!state) return;
    const ItemShape& pictures = state->shape;
    auto* dialog = new ExportGridDialog(pictures.is_points() ? 0 : pictures.count,
                                        {pictures.width, pictures.height}, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    // What most people want first: the picture that the chain holds.
    dialog->addSource(ExportGrid::Source::chain_x, tr("x at t = %1, what the chain holds").arg(state->t));
    dialog->addSource(ExportGrid::Source::chain_x0_hat, tr("x̂₀, what the net believes"));
    if (state->has(ChainPart::epsilon))
        dialog->addSource(ExportGrid::Source::chain_epsilon, tr("ε, the noise the net sees"));
    dialog->suggestFile(suggestedFile(QStringLiteral("-t%1.png").arg(state->t, 4, 10, QLatin1Char('0'))));
    connect(dialog, &QDialog::accepted, this, [this, dialog, index = index, branch = shownBranch()] {
        ExportGrid command = dialog->command(index);
        command.branch = branch;
        bridge_.submit(std::move(command));
    });
    dialog->open();
}

void DenoiseStage::exportChainDialog() {
    const std::shared_ptr<const ChainRecord> record = shown().first;
    const auto state = record ? record->state(0) : nullptr;
    if (!state) return;
    const ItemShape& pictures = state->shape;
    auto* dialog =
        new ExportChainDialog(record->size(), pictures.is_points() ? 0 : pictures.count,
                              tool_ ? 0 : panes_->selected(), {pictures.width, pictures.height}, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->suggestFile(suggestedFile(QString()));
    connect(dialog, &QDialog::accepted, this, [this, dialog, branch = shownBranch()] {
        ExportChain command = dialog->command();
        command.branch = branch;
        bridge_.submit(std::move(command));
    });
    dialog->open();
}

void DenoiseStage::copyPicture() {
    if (tool_) {
        QGuiApplication::clipboard()->setPixmap(tool_->grab());
        Q_EMIT statusMessage(tr("Copied the exploration as it is on screen"));
        return;
    }
    if (!canExport()) return;
    const auto state = record_->state(playhead_.position());
    QWidget* shown = state && state->shape.is_points() ? static_cast<QWidget*>(panes_->cloud(0))
                                                       : static_cast<QWidget*>(panes_->grid(0));
    QGuiApplication::clipboard()->setPixmap(shown->grab());
    Q_EMIT statusMessage(tr("Copied xₜ as it is on screen"));
}

void DenoiseStage::showExport(const ExportProgress& progress) {
    if (progress.cancelled || progress.done >= 1) {
        if (progress_) progress_->deleteLater();
        progress_ = nullptr;
        return;
    }
    if (!progress_) {
        progress_ = new QProgressDialog(tr("Writing %1").arg(words::path(progress.file.filename())),
                                        tr("Cancel"), 0, 100, this);
        progress_->setObjectName(QStringLiteral("exportProgress"));
        progress_->setWindowTitle(tr("Export"));
        progress_->setMinimumDuration(progressAfter);
        progress_->setAutoReset(false);
        connect(progress_, &QProgressDialog::canceled, this, [this] { bridge_.submit(CancelExport{}); });
    }
    progress_->setValue(static_cast<int>(progress.done * 100));
}

} // namespace ddpm::ui
