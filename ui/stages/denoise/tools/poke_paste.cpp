// Placing a picture on x_t: its content is blended in where its frame is, the noise stays.
#include "bridge/engine_bridge.h"
#include "stages/denoise/tools/poke_palette.h"
#include "stages/denoise/tools/poke_tool.h"
#include "views/paint_canvas.h"
#include "views/picture_image.h"
#include "views/picture_source.h"

#include <QFileInfo>
#include <QPushButton>

#include <algorithm>

namespace ddpm::ui {

PlacedPicture placedPicture(const QImage& picture, const QRect& frame, const ItemShape& shape,
                            double opacity) {
    PlacedPicture placed;
    placed.values.resize(shape.values());
    placed.cover.resize(static_cast<std::size_t>(shape.width) * static_cast<std::size_t>(shape.height));
    const QImage scaled = picture.convertToFormat(QImage::Format_ARGB32)
                              .scaled(frame.size(), Qt::IgnoreAspectRatio, Qt::SmoothTransformation);
    const QRect seen = frame.intersected(QRect(0, 0, shape.width, shape.height));
    for (int y = seen.top(); y <= seen.bottom(); ++y)
        for (int x = seen.left(); x <= seen.right(); ++x) {
            const QRgb colour = scaled.pixel(x - frame.left(), y - frame.top());
            const auto pixel = static_cast<std::size_t>(y * shape.width + x);
            placed.cover[pixel] = static_cast<float>(qAlpha(colour) / 255.0 * opacity);
            const int bytes[] = {shape.channels == 1 ? qGray(colour) : qRed(colour), qGreen(colour),
                                 qBlue(colour)};
            for (int c = 0; c < shape.channels; ++c)
                placed
                    .values[pixel * static_cast<std::size_t>(shape.channels) + static_cast<std::size_t>(c)] =
                    static_cast<float>(bytes[c] / 127.5 - 1);
        }
    return placed;
}

bool PokeTool::openPicture(const QString& file) {
    if (!edit_.base()) return false;
    FitPicture command;
    command.id = fit_ = bridge().newId();
    command.file = QFileInfo(file).absoluteFilePath().toStdString();
    bridge().submit(std::move(command));
    return true;
}

void PokeTool::chooseFile() {
    choosePictureFile(this, tr("Place a picture"), [this](const QString& file) { openPicture(file); });
}

void PokeTool::takePicture(const PictureFitted& fitted) {
    if (fitted.id != fit_ || fit_ == 0) return;
    fit_ = 0;
    sayWhereItIs(); // instead of why an earlier one did not work
    beginPlacing(pictureImage(to_drawable(fitted.shape, fitted.x0.data()).pictures, 0));
}

void PokeTool::pasteFromClipboard() {
    if (!edit_.base()) return;
    const auto copied = clipboardPicture();
    if (!copied) return say(tr("There is no picture on the clipboard: copy one first."), true);
    if (const auto* file = std::get_if<QString>(&*copied)) {
        openPicture(*file);
        return;
    }
    sayWhereItIs();
    beginPlacing(std::get<QImage>(*copied));
}

void PokeTool::beginPlacing(const QImage& picture) {
    const PokeBase* base = edit_.base();
    if (!base || picture.isNull()) return;
    endPlacing(false);
    placing_ = picture;
    // As large as it is where it fits, else all of it.
    const QSize canvas(base->shape.width, base->shape.height);
    QSize size = picture.size();
    if (size.width() > canvas.width() || size.height() > canvas.height())
        size = size.scaled(canvas, Qt::KeepAspectRatio).expandedTo({1, 1});
    frame_ = QRect(QPoint((canvas.width() - size.width()) / 2, (canvas.height() - size.height()) / 2), size);
    for (PaintCanvas* each : canvases_)
        each->setFrame(frame_, picture.size());
    palette_->setPlacing(true);
    goOn_->setEnabled(false);
    reset_->setEnabled(false);
    showCanvases();
    // The keys that move it are the canvas's.
    (canvases_[0]->isVisible() ? canvases_[0] : canvases_[1])->setFocus();
}

void PokeTool::moveFrame(QRect frame) {
    if (!frame_) return;
    frame_ = frame;
    for (PaintCanvas* each : canvases_)
        each->setFrame(frame_);
    showCanvases();
}

PokeEdit::Patch PokeTool::blend(PokeEdit& edit) const {
    const PlacedPicture placed = placedPicture(placing_, *frame_, edit.base()->shape, palette_->opacity());
    return edit.blend(placed.values, placed.cover);
}

void PokeTool::endPlacing(bool accepted) {
    if (!frame_) return;
    PokeEdit::Patch patch;
    if (accepted) patch = blend(edit_);
    frame_.reset();
    placing_ = {};
    for (PaintCanvas* each : canvases_)
        each->setFrame(std::nullopt);
    palette_->setPlacing(false);
    push(tr("Paste"), std::move(patch));
}

} // namespace ddpm::ui
