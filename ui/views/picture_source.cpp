#include "views/picture_source.h"

#include <QClipboard>
#include <QCoreApplication>
#include <QFileDialog>
#include <QGuiApplication>
#include <QMimeData>
#include <QStandardPaths>
#include <QUrl>

#include <utility>

namespace ddpm::ui {

void choosePictureFile(QWidget* parent, const QString& title, std::function<void(const QString&)> chosen) {
    auto* dialog = new QFileDialog(
        parent, title, QStandardPaths::writableLocation(QStandardPaths::PicturesLocation),
        QCoreApplication::translate(
            "PictureSource", "Pictures (*.png *.jpg *.jpeg *.webp *.bmp *.tif *.tiff);;All files (*)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    QObject::connect(dialog, &QFileDialog::fileSelected, parent, std::move(chosen));
    dialog->open();
}

std::optional<std::variant<QImage, QString>> clipboardPicture() {
    const QClipboard* clipboard = QGuiApplication::clipboard();
    const QMimeData* held = clipboard->mimeData();
    if (held && !held->hasImage() && held->hasUrls() && held->urls().constFirst().isLocalFile())
        return held->urls().constFirst().toLocalFile();
    QImage picture = clipboard->image();
    if (picture.isNull()) return std::nullopt;
    return picture;
}

} // namespace ddpm::ui
