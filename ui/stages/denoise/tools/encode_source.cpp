// Where the picture of EncodeTool comes from: a file, the clipboard, the model's data.
#include "bridge/engine_bridge.h"
#include "stages/denoise/tools/encode_results.h"
#include "stages/denoise/tools/encode_tool.h"
#include "views/card.h"
#include "views/picture_grid.h"
#include "views/picture_source.h"

#include <QComboBox>
#include <QFileInfo>
#include <QPushButton>
#include <QRandomGenerator>
#include <QSignalBlocker>

namespace ddpm::ui {

std::vector<float> fittedValues(const QImage& picture, const ItemShape& shape) {
    const QSize size(shape.width, shape.height);
    const QImage filled = picture.convertToFormat(QImage::Format_RGB32)
                              .scaled(size, Qt::KeepAspectRatioByExpanding, Qt::SmoothTransformation);
    const QPoint corner((filled.width() - size.width()) / 2, (filled.height() - size.height()) / 2);
    std::vector<float> values;
    values.reserve(shape.item_values());
    for (int y = 0; y < size.height(); ++y)
        for (int x = 0; x < size.width(); ++x) {
            const QRgb colour = filled.pixel(corner + QPoint(x, y));
            const int bytes[] = {shape.channels == 1 ? qGray(colour) : qRed(colour), qGreen(colour),
                                 qBlue(colour)};
            for (int c = 0; c < shape.channels; ++c)
                values.push_back(static_cast<float>(bytes[c] / 127.5 - 1));
        }
    return values;
}

bool EncodeTool::canDraw() const {
    return place_.model.available && place_.model.settings.model.kind == NetKind::unet;
}

ItemShape EncodeTool::shape() const {
    const UnetSettings& net = place_.model.settings.model.unet;
    return {1, net.sample_size, net.sample_size, net.in_channels};
}

void EncodeTool::fit(FitPicture command) {
    command.id = fit_ = bridge().newId();
    bridge().submit(std::move(command));
}

bool EncodeTool::openPicture(const QString& file) {
    if (!canDraw()) return false;
    FitPicture command;
    command.file = QFileInfo(file).absoluteFilePath().toStdString();
    fit(std::move(command));
    return true;
}

void EncodeTool::randomPicture() {
    if (!canDraw()) return;
    FitPicture command;
    command.data = place_.model.settings.data;
    command.index = -1;
    command.seed = QRandomGenerator::global()->generate();
    fit(std::move(command));
}

void EncodeTool::chooseFile() {
    choosePictureFile(this, tr("Open a picture"), [this](const QString& file) { openPicture(file); });
}

void EncodeTool::pasteFromClipboard() {
    if (!canDraw()) return;
    const auto copied = clipboardPicture();
    if (!copied) return say(tr("There is no picture on the clipboard: copy one first."), true);
    if (const auto* file = std::get_if<QString>(&*copied)) {
        openPicture(*file);
        return;
    }
    fit_ = 0; // one that was asked for before comes too late
    setSource(fittedValues(std::get<QImage>(*copied), shape()), tr("from the clipboard"), -1);
}

void EncodeTool::takePicture(const PictureFitted& fitted) {
    if (fitted.id != fit_ || fit_ == 0) return;
    fit_ = 0;
    ItemShape one = fitted.shape;
    one.count = 1;
    if (one != shape()) { // another model was opened meanwhile
        say(tr("The picture does not fit the model any more: open it again."), true);
        return;
    }
    const QString title = QString::fromStdString(fitted.title);
    setSource(fitted.x0, fitted.label < 0 ? title : tr("%1, class %2").arg(title).arg(fitted.label),
              fitted.label);
}

void EncodeTool::setSource(std::vector<float> x0, const QString& title, int label) {
    x0_ = std::move(x0);
    originalCaption_->setWords(title);
    originalCaption_->setToolTip(title);
    original_->setPictures(to_drawable(shape(), x0_.data()).pictures);
    if (const int at = class_->findData(label); class_->count() > 0) {
        const QSignalBlocker quiet(class_);
        class_->setCurrentIndex(std::max(0, at)); // unknown: none
    }
    say({});
    branches().clear(); // the results of another picture
    branch_ = 0;
    results_->clear();
    forgetDepths();
    changed();
}

} // namespace ddpm::ui
