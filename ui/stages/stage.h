// What the window knows of a stage: a page, its inspector, its transport, and what the keys mean there.
#pragma once

#include "ddpm/config.h"
#include "views/report.h"

#include <QAction>
#include <QList>
#include <QWidget>

class QUndoStack;

namespace ddpm::ui {

class EngineBridge;

class Stage : public QWidget {
    Q_OBJECT
public:
    using QWidget::QWidget;

    virtual QWidget* inspector() = 0; ///< owned by the stage until the window takes it as a child; never null
    virtual QWidget* transport() = 0; ///< the bar at the bottom; nullptr if the stage has none

    // Keys (window-wide): Space, Left/Right and Page Up/Down, Home, End, Ctrl+E; Shift+Space.
    virtual void playPause() {}
    virtual void playBackwards() {} ///< again: pause
    virtual void stepBack() {}
    virtual void stepForward() {}
    virtual void goToStart() {}
    virtual void goToEnd() {}
    /// Esc: closes what lies over the stage; false if nothing did.
    virtual bool escape() { return false; }
    virtual bool canExport() const { return false; }
    virtual void exportDialog() {}
    /// Where there is more than one thing to export: the window offers these in a menu instead of calling
    /// exportDialog().
    virtual QList<QAction*> exportActions() { return {}; }

    /// Something open on the stage takes a picture file that was dropped, whatever is inside; false: it does
    /// not.
    virtual bool takePicture(const QString&) { return false; }
    /// A picture file that was dropped, and has no settings of ours inside.
    virtual void openPicture(const QString& file) {
        Q_UNUSED(file)
        Q_EMIT statusMessage(tr("This picture has no settings of DDPM Lab inside"));
    }

    /// What Ctrl+Z takes back here; nullptr if nothing can be.
    virtual QUndoStack* undoStack() { return nullptr; }

Q_SIGNALS:
    void trainingRequested(const ddpm::DataSettings& drawing); ///< points of one's own, to be trained on
    void exportAvailabilityChanged();
    void statusMessage(const QString& text); ///< a short-lived line for the window to show
    void problemArose(const QString& title, const Error& error); ///< stays on show until it is read
    void stageRequested(int index); ///< e.g. the Denoise stage without a model sends one to Train

protected:
    /// What a view on the stage reports goes to the window.
    bool event(QEvent* event) override {
        if (event->type() != ReportEvent::reportType()) return QWidget::event(event);
        const auto* report = static_cast<ReportEvent*>(event);
        if (report->error())
            Q_EMIT problemArose(report->text(), *report->error());
        else
            Q_EMIT statusMessage(report->text());
        event->accept();
        return true;
    }
};

} // namespace ddpm::ui
