// What is dropped on the window: a folder is opened; a picture that was made here brings its settings back;
// any other picture goes to the stage.
#include "bridge/engine_bridge.h"
#include "bridge/words.h"
#include "stages/denoise/denoise_stage.h"
#include "window/drop_veil.h"
#include "window/main_window.h"
#include "window/toast.h"

#include <QDragEnterEvent>
#include <QFileInfo>
#include <QMimeData>
#include <QStackedWidget>
#include <QUrl>

namespace ddpm::ui {
namespace {

constexpr int longestName = 60; // characters of a model's name in a message

/// The first file or folder of this machine that is dragged; empty if there is none.
QString draggedFile(const QMimeData* mime) {
    for (const QUrl& url : mime->urls())
        if (url.isLocalFile()) return url.toLocalFile();
    return {};
}

//: a model by its name, and the training step it was at
QString modelWords(const std::string& name, std::int64_t step) {
    QString words = QString::fromStdString(name);
    if (words.isEmpty()) return MainWindow::tr("a model without a name");
    if (words.size() > longestName) words = words.left(longestName - 1) + QChar(0x2026);
    return step > 0 ? MainWindow::tr("“%1” at step %2").arg(words, words::count(step))
                    : MainWindow::tr("“%1”").arg(words);
}

/// Empty: the open model is the one that drew the picture.
QString difference(const PictureSettings& picture, const ModelChanged& model) {
    const bool sameNet = model.name == picture.model.name && model.settings.model == picture.model.model &&
                         model.settings.diffusion == picture.model.diffusion;
    if (sameNet && model.step == picture.step) return {};
    if (sameNet)
        return MainWindow::tr("It was drawn at step %1 of the training; the open model is at step %2.")
            .arg(words::count(picture.step), words::count(model.step));
    return MainWindow::tr("It was drawn by %1; the open model is another: %2.")
        .arg(modelWords(picture.model.name, picture.step), modelWords(model.name, model.step));
}

} // namespace

bool MainWindow::holdsFile(const QDropEvent* event) {
    return !draggedFile(event->mimeData()).isEmpty();
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
    const QString file = draggedFile(event->mimeData());
    if (file.isEmpty() || shuttingDown_) return;
    event->acceptProposedAction();
    if (QFileInfo(file).isDir())
        veil_->say(tr("Drop to open this run or model"));
    else if (currentStage() == noiseStage)
        veil_->say(tr("Drop to see this picture melt. One that was made here brings its settings back."));
    else if (currentStage() == denoiseStage && bridge_.model().available)
        veil_->say(tr("Drop to noise this picture and denoise it back. One that was made here brings its "
                      "settings back."));
    else
        veil_->say(tr("Drop a picture that was made here to bring its settings back"));
}

void MainWindow::dragLeaveEvent(QDragLeaveEvent*) {
    veil_->hide();
}

void MainWindow::dropEvent(QDropEvent* event) {
    veil_->hide();
    const QString file = draggedFile(event->mimeData());
    if (file.isEmpty() || shuttingDown_) return;
    event->acceptProposedAction();
    if (QFileInfo(file).isDir()) {
        openFolder(file);
        return;
    }
    if (stage()->takePicture(file)) return;
    dropped_ = file.toStdString();
    bridge_.submit(ReadPictureSettings{dropped_});
}

void MainWindow::takePictureSettings(const PictureSettings& picture) {
    if (picture.file != dropped_ || shuttingDown_) return; // another was dropped since
    dropped_.clear();
    if (!picture.found) {
        if (picture.problem.empty())
            stage()->openPicture(words::path(picture.file));
        else
            toast_->say(tr("The settings in this picture cannot be read: %1")
                            .arg(QString::fromStdString(picture.problem)));
        return;
    }
    const QString made = modelWords(picture.model.name, picture.step);
    if (!picture.sampled) {
        toast_->say(
            tr("This picture was drawn while %1 was trained; it has no sampling settings.").arg(made));
        return;
    }
    const QString restored = denoise_->restoreSettings(picture.sampling);
    goToStage(denoiseStage);
    //: the name of a file, and what was restored
    QString text = tr("Restored from %1: %2.").arg(QFileInfo(words::path(picture.file)).fileName(), restored);
    const ModelChanged& model = bridge_.model();
    if (!model.available)
        text += QLatin1Char(' ') + tr("To draw it again, open its model, %1.").arg(made);
    else if (const QString other = difference(picture, model); !other.isEmpty())
        text += QLatin1Char(' ') + other;
    toast_->say(text);
}

} // namespace ddpm::ui
