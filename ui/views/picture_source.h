// Where a user's own picture comes from: a file that is chosen, or the clipboard.
#pragma once

#include <QImage>
#include <QString>

#include <functional>
#include <optional>
#include <variant>

class QWidget;

namespace ddpm::ui {

/// Asks for a picture's file, without holding anything up; `chosen` hears of one, or nothing does. Nothing is
/// called once `parent` is gone.
void choosePictureFile(QWidget* parent, const QString& title, std::function<void(const QString&)> chosen);

/// What was copied: a picture, or the path of a file, which is what a file manager copies. Nothing: neither.
std::optional<std::variant<QImage, QString>> clipboardPicture();

} // namespace ddpm::ui
