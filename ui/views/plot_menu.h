// The menu of a plot: save it, copy its picture, copy its numbers. By the right button, the menu key and
// Shift+F10; the same actions for a stage's export menu.
#pragma once

#include <QList>
#include <QObject>

class QAction;
class QKeyEvent;
class QPoint;
class QWidget;

namespace ddpm::ui {

class ExportablePlot;

/// Belongs to the plot's widget, which it watches.
class PlotMenu : public QObject {
    Q_OBJECT
public:
    /// Gives the plot its menu; every plot view calls it once, at the end of its constructor.
    static void addTo(ExportablePlot& plot);

    QList<QAction*> actions(); ///< in order; enabled as the plot has numbers now
    QAction* saveAction();     ///< "Plot: Loss by t…", for menus in which there are several

    void saveDialog();
    void saveTo(const QString& file);
    void copyPicture();
    void copyNumbers();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    explicit PlotMenu(ExportablePlot& plot);
    void popup(const QPoint& at);

    ExportablePlot& plot_;
    QAction* save_;
    QAction* picture_;
    QAction* numbers_;
    QAction* named_;
};

/// "Save plot…", "Copy picture", "Copy numbers" of a plot, in this order. They belong to it and are up to
/// date after this call.
QList<QAction*> plotActions(ExportablePlot& plot);

/// All plots below a widget (itself included): those on show as one reads them, then the others.
QList<ExportablePlot*> plotsBelow(QWidget& root);

/// One saving action for each of them that has something to show, named after it.
QList<QAction*> savePlotActions(QWidget& root);

} // namespace ddpm::ui
