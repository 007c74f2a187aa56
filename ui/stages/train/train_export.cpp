// What can be taken away from the Train stage.
#include "bridge/engine_bridge.h"
#include "bridge/words.h"
#include "stages/train/loss_card.h"
#include "stages/train/samples_card.h"
#include "stages/train/train_stage.h"
#include "theme/theme.h"
#include "views/export_grid_dialog.h"
#include "views/plot_menu.h"

#include <QFileDialog>

namespace ddpm::ui {

bool TrainStage::canExport() const {
    // The curves of a run that was closed are still on screen; what the engine writes needs the run.
    return loss_->history().size() > 0 || (bridge_.run() && samples_->history().size() > 0);
}

QList<QAction*> TrainStage::exportActions() {
    exportGrid_->setEnabled(bridge_.run() && samples_->history().size() > 0);
    exportLoss_->setEnabled(bridge_.run() && loss_->history().size() > 0);
    return QList<QAction*>{exportGrid_, exportLoss_} + savePlotActions(*this);
}

QString TrainStage::suggestedFile(const QString& ending) const {
    const QString name = runName_.isEmpty() ? tr("run") : runName_;
    const int points = loss_->history().size();
    const std::int64_t step = bridge_.run() ? bridge_.training().step
                              : points > 0  ? loss_->history().at(points - 1).step
                                            : 0;
    //: a file name: the run's name, its step, what is in it
    return words::pictureFile(tr("%1-step-%2%3").arg(name).arg(step).arg(ending));
}

void TrainStage::exportDialog() {
    const TrainingFrame* newest = samples_->history().size() > 0
                                      ? samples_->history().at(samples_->history().size() - 1).get()
                                      : nullptr;
    if (!newest || !bridge_.run()) return;
    const PictureStack& pictures = newest->samples.pictures;
    auto* dialog =
        new ExportGridDialog(std::max(1, pictures.count), QSize(pictures.width, pictures.height), this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->addSource(ExportGrid::Source::training_samples, tr("The newest samples"));
    dialog->suggestFile(suggestedFile(QStringLiteral("-samples.png")));
    connect(dialog, &QDialog::accepted, this, [this, dialog] { bridge_.submit(dialog->command()); });
    dialog->open();
}

void TrainStage::exportLoss() {
    auto* dialog = new QFileDialog(this, tr("Loss as CSV"), {}, tr("Comma-separated values (*.csv)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(QStringLiteral("csv"));
    dialog->selectFile(suggestedFile(QStringLiteral("-loss.csv")));
    connect(dialog, &QFileDialog::fileSelected, this,
            [this](const QString& file) { bridge_.submit(ExportLoss{file.toStdString()}); });
    dialog->open();
}

} // namespace ddpm::ui
