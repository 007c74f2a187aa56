// A plot of long series that grow while it is looked at. The one file that knows QCustomPlot is plot.cpp.
#pragma once

#include "views/tone.h"

#include <QWidget>

#include <functional>
#include <vector>

class QCustomPlot;
class QCPGraph;
class QCPItemStraightLine;
class QCPItemText;
class QTimer;

namespace ddpm::ui {

class Plot : public QWidget {
    Q_OBJECT
public:
    enum class Line { thin, thick, filled };

    explicit Plot(QWidget* parent = nullptr);

    int addSeries(const QString& name, Tone tone, Line line);
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
    void setXName(const QString& name);
    void setXIsTime(bool time);              ///< seconds, written as minutes and hours
    void setCompact(bool compact);           ///< fewer ticks, no legend: for small cards
    void setXRange(double low, double high); ///< fixed; the default follows the points
    /// Words shown beside the pointer for the place x it is at; an empty string shows nothing.
    void setReadout(std::function<QString(double x)> words);
    QString readout() const; ///< what is shown now

    /// Drawn within a tenth of a second, however often the points change.
    void scheduleReplot();
    void replotNow();

    /// PNG, SVG or PDF by the file's ending; written beside and renamed, so that an existing file survives a
    /// failure. Returns an empty string, or why it did not work.
    QString savePicture(const QString& file, QSize size);

    QSize minimumSizeHint() const override;

protected:
    void changeEvent(QEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    struct Series {
        QCPGraph* graph;
        Tone tone;
        Line line;
    };
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
    QString xName_;
    bool fixedRange_ = false, zoomed_ = false, compact_ = false;
    double fixedLow_ = 0, fixedHigh_ = 1;
};

} // namespace ddpm::ui
