// What every plot can do, so that each can be taken away as picture and numbers: one exporter (plot_export.h)
// and one menu (plot_menu.h) serve them all.
#pragma once

#include "ddpm/number_table.h"

#include <QSizeF>
#include <QString>

#include <functional>
#include <utility>
#include <vector>

class QPainter;
class QWidget;

namespace ddpm::ui {

class ExportablePlot {
public:
    virtual ~ExportablePlot() = default;

    virtual QWidget& plotWidget() = 0;
    /// False while there is nothing to take away.
    virtual bool hasNumbers() const = 0;
    /// All that is known, not only what is in view or fits the pixels. Headings are not translated: programs
    /// read them.
    virtual std::vector<NumberColumn> numbers() const = 0;
    /// What there is to see in a sentence, with the present values: for a drawing's description and for
    /// those who do not see it.
    virtual QString plotDescription() const = 0;
    /// Ground and all over (0, 0)…size, in the colours and fonts of the theme of the moment, without what
    /// belongs to the pointer. `size` in units of the theme's distances at its scale.
    virtual void drawPlot(QPainter& painter, QSizeF size) = 0;

    /// What it is called: in menus, as the title of a drawing. The widget's accessible name unless set.
    QString plotTitle();
    void setPlotTitle(const QString& title) { title_ = title; }
    /// Asked for a file's path without ending whenever one is to be suggested.
    void setSuggestedFile(std::function<QString()> suggestion) { suggestion_ = std::move(suggestion); }
    /// Without one, the title in the user's folder for pictures.
    QString suggestedFile();

private:
    QString title_;
    std::function<QString()> suggestion_;
};

} // namespace ddpm::ui
