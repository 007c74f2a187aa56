// What a view has to tell its user. It goes up from parent to parent, as a status tip does, until somebody
// says it: a view knows no window.
#pragma once

#include "ddpm/result.h"

#include <QEvent>
#include <QString>

#include <optional>

class QWidget;

namespace ddpm::ui {

class ReportEvent : public QEvent {
public:
    /// A short line: something was done.
    explicit ReportEvent(QString text);
    /// A failure. `title`: what was being done.
    ReportEvent(QString title, Error error);

    static QEvent::Type reportType();
    const QString& text() const { return text_; } ///< the line, or a failure's title
    const std::optional<Error>& error() const { return error_; }

private:
    QString text_;
    std::optional<Error> error_;
};

/// Delivers it to the parents of `from`, the nearest first, until one accepts. A failure that nobody takes is
/// shown in a box of its own.
void report(QWidget& from, ReportEvent&& event);

} // namespace ddpm::ui
