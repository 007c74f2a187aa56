#include "views/plot_menu.h"

#include "views/exportable_plot.h"
#include "views/plot_export.h"
#include "views/report.h"

#include <QAction>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QGuiApplication>
#include <QKeyEvent>
#include <QMenu>
#include <QMimeData>
#include <QWidget>

#include <algorithm>
#include <tuple>

namespace ddpm::ui {
namespace {

PlotMenu* menuOf(ExportablePlot& plot) {
    return plot.plotWidget().findChild<PlotMenu*>(QString(), Qt::FindDirectChildrenOnly);
}

} // namespace

void PlotMenu::addTo(ExportablePlot& plot) {
    new PlotMenu(plot); // the widget owns it
}

PlotMenu::PlotMenu(ExportablePlot& plot) : QObject(&plot.plotWidget()), plot_(plot) {
    const auto add = [this](const QString& text, const char* name, void (PlotMenu::*slot)()) {
        auto* action = new QAction(text, this);
        action->setObjectName(QLatin1String(name));
        connect(action, &QAction::triggered, this, slot);
        return action;
    };
    save_ = add(tr("Save plot…"), "savePlot", &PlotMenu::saveDialog);
    picture_ = add(tr("Copy picture"), "copyPlotPicture", &PlotMenu::copyPicture);
    numbers_ = add(tr("Copy numbers"), "copyPlotNumbers", &PlotMenu::copyNumbers);
    named_ = add({}, "saveNamedPlot", &PlotMenu::saveDialog);
    save_->setToolTip(tr("As PNG, SVG, PDF, or its numbers as CSV"));
    numbers_->setToolTip(tr("All values as CSV, for a spreadsheet or a program"));
    plot_.plotWidget().installEventFilter(this);
}

QList<QAction*> PlotMenu::actions() {
    for (QAction* action : {save_, picture_, numbers_})
        action->setEnabled(plot_.hasNumbers());
    return {save_, picture_, numbers_};
}

QAction* PlotMenu::saveAction() {
    //: an entry of the export menu; %1 is the plot's title, e.g. Loss by t
    named_->setText(tr("Plot: %1…").arg(plot_.plotTitle()));
    named_->setEnabled(plot_.hasNumbers());
    return named_;
}

bool PlotMenu::eventFilter(QObject* watched, QEvent* event) {
    // The widget outlives its plot by a moment while both are taken down, so that the plot is not asked here.
    const auto& widget = static_cast<const QWidget&>(*watched);
    if (event->type() == QEvent::ContextMenu) {
        const auto* context = static_cast<QContextMenuEvent*>(event);
        popup(context->reason() == QContextMenuEvent::Keyboard ? widget.mapToGlobal(widget.rect().center())
                                                               : context->globalPos());
        event->accept();
        return true;
    }
    if (event->type() == QEvent::KeyPress) {
        const auto* key = static_cast<QKeyEvent*>(event);
        if (key->key() == Qt::Key_Menu ||
            (key->key() == Qt::Key_F10 && key->modifiers() == Qt::ShiftModifier)) {
            popup(widget.mapToGlobal(widget.rect().center()));
            return true;
        }
    }
    return QObject::eventFilter(watched, event);
}

void PlotMenu::popup(const QPoint& at) {
    // Some systems send the menu key as a key and as a wish for the menu.
    if (plot_.plotWidget().findChild<QMenu*>(QStringLiteral("plotMenu"), Qt::FindDirectChildrenOnly)) return;
    auto* menu = new QMenu(&plot_.plotWidget());
    menu->setObjectName(QStringLiteral("plotMenu"));
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->setToolTipsVisible(true);
    menu->addActions(actions());
    menu->popup(at);
}

void PlotMenu::saveDialog() {
    static const QList<std::pair<QString, QString>> filters{
        {QStringLiteral("png"), tr("PNG picture (*.png)")},
        {QStringLiteral("svg"), tr("SVG drawing (*.svg)")},
        {QStringLiteral("pdf"), tr("PDF document (*.pdf)")},
        {QStringLiteral("csv"), tr("Numbers as comma-separated values (*.csv)")}};
    QStringList names;
    for (const auto& [ending, name] : filters)
        names << name;
    const QFileInfo suggested(plot_.suggestedFile() + QStringLiteral(".png"));
    auto* dialog = new QFileDialog(plot_.plotWidget().window(), tr("Save plot: %1").arg(plot_.plotTitle()),
                                   suggested.absolutePath());
    dialog->setObjectName(QStringLiteral("savePlotDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setNameFilters(names);
    dialog->setDefaultSuffix(QStringLiteral("png"));
    dialog->selectFile(suggested.fileName());
    connect(dialog, &QFileDialog::filterSelected, dialog, [dialog](const QString& filter) {
        for (const auto& [ending, name] : filters)
            if (name == filter) dialog->setDefaultSuffix(ending);
    });
    connect(dialog, &QFileDialog::fileSelected, this, &PlotMenu::saveTo);
    dialog->open();
}

void PlotMenu::saveTo(const QString& file) {
    const Status saved = savePlot(plot_, file);
    if (saved)
        report(plot_.plotWidget(), ReportEvent(tr("Saved %1").arg(QDir::toNativeSeparators(file))));
    else
        report(plot_.plotWidget(), ReportEvent(tr("The plot was not saved"), saved.error()));
}

void PlotMenu::copyPicture() {
    auto* data = new QMimeData;
    data->setImageData(plotImage(plot_, usualPlotSize(QStringLiteral("png"))));
    // A drawing program takes this one, and can go on drawing in it.
    data->setData(QStringLiteral("image/svg+xml"), plotSvg(plot_, usualPlotSize(QStringLiteral("svg"))));
    QGuiApplication::clipboard()->setMimeData(data);
    report(plot_.plotWidget(), ReportEvent(tr("Copied the picture: %1").arg(plot_.plotTitle())));
}

void PlotMenu::copyNumbers() {
    const QByteArray csv = plotCsv(plot_);
    auto* data = new QMimeData;
    data->setText(QString::fromUtf8(csv));
    data->setData(QStringLiteral("text/csv"), csv);
    QGuiApplication::clipboard()->setMimeData(data);
    report(plot_.plotWidget(), ReportEvent(tr("Copied the numbers: %1").arg(plot_.plotTitle())));
}

QList<QAction*> plotActions(ExportablePlot& plot) {
    return menuOf(plot)->actions();
}

QList<ExportablePlot*> plotsBelow(QWidget& root) {
    QList<ExportablePlot*> plots;
    if (auto* plot = dynamic_cast<ExportablePlot*>(&root)) plots << plot;
    const auto widgets = root.findChildren<QWidget*>();
    for (QWidget* widget : widgets)
        if (auto* plot = dynamic_cast<ExportablePlot*>(widget)) plots << plot;
    const auto place = [&root](ExportablePlot* plot) {
        QWidget& widget = plot->plotWidget();
        const bool shown = widget.isVisibleTo(&root);
        const QPoint at = shown ? widget.mapTo(&root, QPoint()) : QPoint();
        return std::tuple(!shown, at.y(), at.x());
    };
    std::stable_sort(plots.begin(), plots.end(),
                     [&](ExportablePlot* a, ExportablePlot* b) { return place(a) < place(b); });
    return plots;
}

QList<QAction*> savePlotActions(QWidget& root) {
    QList<QAction*> actions;
    const auto plots = plotsBelow(root);
    for (ExportablePlot* plot : plots)
        if (plot->hasNumbers()) actions << menuOf(*plot)->saveAction();
    return actions;
}

} // namespace ddpm::ui
