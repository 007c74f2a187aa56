#include "views/report.h"

#include <QCoreApplication>
#include <QMessageBox>
#include <QWidget>

#include <utility>

namespace ddpm::ui {

ReportEvent::ReportEvent(QString text) : QEvent(reportType()), text_(std::move(text)) {}

ReportEvent::ReportEvent(QString title, Error error)
    : QEvent(reportType()), text_(std::move(title)), error_(std::move(error)) {}

QEvent::Type ReportEvent::reportType() {
    static const auto type = static_cast<QEvent::Type>(QEvent::registerEventType());
    return type;
}

void report(QWidget& from, ReportEvent&& event) {
    for (QWidget* widget = &from; widget != nullptr; widget = widget->parentWidget()) {
        event.ignore();
        QCoreApplication::sendEvent(widget, &event);
        if (event.isAccepted()) return;
    }
    if (!event.error()) return;
    auto* box = new QMessageBox(QMessageBox::Warning, event.text(),
                                QString::fromStdString(event.error()->line()), QMessageBox::Close, &from);
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->open();
}

} // namespace ddpm::ui
