// A plot of long series that grow while it is looked at. plot.cpp and plot_drawing.cpp alone know
// QCustomPlot.
#pragma once

#include "views/described.h"
#include "views/exportable_plot.h"
#include "views/tone.h"

#include <QSharedPointer>
#include <QWidget>

#include <functional>
#include <string>
#include <vector>

class QCustomPlot;
class QCPGraph;
class QCPGraphData;
class QCPItemStraightLine;
class QCPItemText;
class QTimer;
template <class DataType>
class QCPDataContainer;

namespace ddpm::ui {

class Plot : public QWidget, public ExportablePlot, public Described {
    Q_OBJECT
public:
    enum class Line { thin, thick, filled };

    explicit Plot(QWidget* parent = nullptr);

    /// `column` is the heading of its numbers: "mean_squared_error".
    int addSeries(const QString& name, Tone tone, Line line, const std::string& column);
    /// Every point is kept; what is drawn is thinned to the lowest and highest of each pixel column. x must
    /// not fall. A value that is not finite leaves a gap.
    void setPoints(int series, const std::vector<double>& x, const std::vector<double>& y);
    void addPoints(int series, const std::vector<double>& x, const std::vector<double>& y);
    int pointCount(int series) const;
    void setSeriesVisible(int series, bool visible);

    /// Vertical dashed lines with a word above ("NaN").
    void setMarks(const std::vector<double>& x, const QString& word);
    int markCount() const { return static_cast<int>(marks_.size()); }

    void setLogScale(bool log);
    bool logScale() const;
    void setXName(const QString& name, const std::string& column);
    void setYName(const QString& name) { yName_ = name; } ///< in drawings; on screen the card says it
    void setXIsTime(bool time);                           ///< seconds, written as minutes and hours
    void setCompact(bool compact);                        ///< fewer ticks, no legend: for small cards
    void setXRange(double low, double high);              ///< fixed; the default follows the points
    /// Words shown beside the pointer for the place x it is at; an empty string shows nothing.
    void setReadout(std::function<QString(double x)> words);
    QString readout() const; ///< what is shown now

    /// Drawn within a tenth of a second, however often the points change.
    void scheduleReplot();
    void replotNow();

    QWidget& plotWidget() override { return *this; }
    bool hasNumbers() const override;
    std::vector<NumberColumn> numbers() const override;
    QString plotDescription() const override;
    void drawPlot(QPainter& painter, QSizeF size) override;

    QSize minimumSizeHint() const override;
    QString description() const override;

protected:
    void changeEvent(QEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    struct Series {
        QCPGraph* graph;
        Tone tone;
        Line line;
        std::string column;
    };
    using GraphData = QSharedPointer<QCPDataContainer<QCPGraphData>>;
    GraphData insideAxes(const Series& series, double width) const;
    void restyle();
    void fitAxes();
    void placeReadout(const QPointF& position);

    QCustomPlot* plot_;
    std::vector<Series> series_;
    std::vector<QCPItemStraightLine*> marks_;
    std::vector<QCPItemText*> markWords_;
    QCPItemStraightLine* cursor_;
    QCPItemText* cursorWords_;
    std::function<QString(double)> words_;
    QTimer* timer_;
    QString xName_, yName_;
    std::string xColumn_ = "x";
    bool fixedRange_ = false, zoomed_ = false, compact_ = false;
    double fixedLow_ = 0, fixedHigh_ = 1;
};

} // namespace ddpm::ui
