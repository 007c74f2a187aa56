// Mixtures by λ (columns) and depth t (rows), with a marker that can be dragged between them (Figs. 8 and 9).
#pragma once

#include <QImage>
#include <QPointF>
#include <QWidget>

#include <vector>

namespace ddpm::ui {

class InterpolateBoard : public QWidget {
    Q_OBJECT
public:
    enum class Look { waiting, mixture, belief, done }; ///< what a cell holds

    explicit InterpolateBoard(QWidget* parent = nullptr);

    /// `lambdas` from 0 to 1; `depths` are the paper's t, the first row on top.
    void setAxes(std::vector<double> lambdas, std::vector<int> depths);
    const std::vector<double>& lambdas() const { return lambdas_; }
    const std::vector<int>& depths() const { return depths_; }
    void setCell(int row, int column, const QImage& picture, Look look);
    void clearRow(int row, const QString& words = {}); ///< nothing there yet, or why there will be nothing
    Look look(int row, int column) const;

    /// Any λ in 0…1 and any t between the depths; does not emit.
    void setMarker(double lambda, int t);
    double lambda() const { return lambda_; }
    int depth() const { return t_; }
    int nearestColumn() const;
    int nearestRow() const;
    bool onCell() const; ///< the marker is on a cell and not between some

    QRect cellRect(int row, int column) const;
    QPointF pointOf(double lambda, int t) const; ///< widget coordinates
    double lambdaAt(double x) const;
    int depthAt(double y) const;
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void markerMoved(double lambda, int t); ///< the user moved it
    void markerReleased();                  ///< and let go of it

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    struct Cell {
        QImage picture;
        mutable QImage drawn; ///< the same in device pixels; null: to be made
        Look look = Look::waiting;
    };
    struct Layout {
        int left = 0, top = 0, cell = 1, gap = 2;
    };
    Layout layoutNow() const;
    const Cell* cell(int row, int column) const;
    int columns() const { return static_cast<int>(lambdas_.size()); }
    int rows() const { return static_cast<int>(depths_.size()); }
    double columnOf(double lambda) const; ///< fractional
    double rowOf(int t) const;
    void drawCell(QPainter& painter, const Cell& cell, const QRect& where) const;
    void drawAxes(QPainter& painter) const;
    void drawMarker(QPainter& painter) const;
    void move(double lambda, int t);

    std::vector<double> lambdas_{0, 1};
    std::vector<int> depths_;
    std::vector<Cell> cells_;
    std::vector<QString> rowWords_;
    double lambda_ = 0;
    int t_ = 0;
    QPointF pressed_;
    bool dragging_ = false;
};

} // namespace ddpm::ui
